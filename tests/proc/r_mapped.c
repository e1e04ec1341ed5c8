/* Claim: a checkpoint of a program with a writable shared mapping of a file
 * is refused by name, and the program goes on with it unharmed. */
/* refusal: pid [0-9]+.*mapping [0-9a-f]+-[0-9a-f]+ of .*data */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (64ul << 10)

int main(void)
{
    int fd = open(claim_path("data"), O_CREAT | O_RDWR | O_TRUNC, 0644);
    char *p, c;

    CHECK(fd >= 0 && ftruncate(fd, SIZE) == 0);
    p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(p != MAP_FAILED);
    claim_fill(p, SIZE, 4);
    claim_ready();
    claim_wait();
    BREAK(p[9] ^= 1);
    CHECK(claim_same(p, SIZE, 4));
    p[4096] = 'x';
    CHECK(pread(fd, &c, 1, 4096) == 1 && c == 'x');
    CHECK(pwrite(fd, "y", 1, 8192) == 1 && p[8192] == 'y');
    claim_pass();
}
