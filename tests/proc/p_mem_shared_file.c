/* Claim: a file that several processes have mapped for writing stays one
 * memory: bytes written before the checkpoint are there, whoever wrote them,
 * and what one writes afterwards is seen by all and in the file. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (256ul << 10)

static unsigned char *map(void)
{
    int fd = open(claim_path("data"), O_RDWR);
    unsigned char *p;

    CHECK(fd >= 0);
    p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(p != MAP_FAILED && close(fd) == 0);
    return p;
}

int main(void)
{
    int fd = open(claim_path("data"), O_CREAT | O_RDWR | O_TRUNC, 0644);
    int there[2];
    unsigned char *p, c;
    pid_t pid;

    CHECK(fd >= 0 && ftruncate(fd, SIZE) == 0 && pipe(there) == 0);
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        p = map();
        claim_fill(p, SIZE / 2, 5);
        claim_tell(there[1]);
        UNTIL(p[SIZE - 1] == 7 || claim_go());
        UNTIL(p[SIZE - 1] == 7);
        CHECK(claim_same(p, SIZE / 2, 5));
        p[SIZE - 2] = 8;
        _exit(0);
    }
    p = map();
    claim_hear(there[0]);
    claim_fill(p + SIZE / 2, SIZE / 2 - 4096, 6);
    claim_ready();
    claim_wait();
    BREAK(p[9] ^= 1);
    CHECK(claim_same(p, SIZE / 2, 5));
    CHECK(claim_same(p + SIZE / 2, SIZE / 2 - 4096, 6));
    p[SIZE - 1] = 7;
    claim_reap(pid);
    CHECK_EQ(p[SIZE - 2], 8);
    CHECK(pread(fd, &c, 1, SIZE - 2) == 1 && c == 8);
    CHECK(pwrite(fd, "y", 1, 8192) == 1 && p[8192] == 'y');
    claim_pass();
}
