/*
 * memory.c - the memory functions that the compiler, LZ4 and libsodium expect
 * of a C library, for the runtime and for the restored process.
 *
 * Those of the C library are not ours to call: the program may bring its own
 * (a sanitizer does, and looks into thread-local memory, which our threads
 * have none of), and in a process that is being restored there is no library.
 * These are the string instructions: they need no relocation, no detection of
 * the processor, and are fast enough for copies of pages.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void *memcpy(void *to, const void *from, size_t n)
{
    void *d = to;

    __asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(n) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    void *d = to;

    __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(byte) : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    if ((uintptr_t)d - (uintptr_t)s >= n)
        return memcpy(to, from, n);
    d += n - 1;
    s += n - 1;
    __asm__ volatile("std; rep movsb; cld"
                     : "+D"(d), "+S"(s), "+c"(n)
                     :
                     : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

void *memchr(const void *p, int byte, size_t n)
{
    const uint8_t *x = p;

    for (size_t i = 0; i < n; i++)
        if (x[i] == (uint8_t)byte)
            return (void *)(uintptr_t)(x + i);
    return NULL;
}
