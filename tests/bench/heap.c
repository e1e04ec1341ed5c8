/*
 * heap.c - a program with MB megabytes of memory for the measurements: a
 * third zeros, a third text-like, a third random. Creates the file `ready`
 * and sleeps.
 *
 * usage: heap MB
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) << 20 : 0, third = n / 3;
    uint64_t x = 88172645463325252ull, *p = n ? malloc(n) : NULL;
    int fd;

    if (!p)
        return 2;
    memset(p, 0, third);
    for (size_t i = third / 8; i < n / 8; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        p[i] = i < 2 * third / 8 ? 0x6161616161616161ull + (x & 0x0f0f) : x;
    }
    fd = open("ready", O_CREAT | O_WRONLY, 0644);
    if (fd < 0)
        return 1;
    close(fd);
    for (;;)
        pause();
}
