/* Claim: a removed file is one object for those who have it mapped and those
 * who have it open, and so is one that nobody has open any more. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (128ul << 10)

static unsigned char *make(const char *name, int *fd)
{
    unsigned char *p;

    *fd = open(claim_path(name), O_CREAT | O_RDWR | O_TRUNC, 0640);
    CHECK(*fd >= 0 && ftruncate(*fd, SIZE) == 0);
    p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    CHECK(p != MAP_FAILED && unlink(claim_path(name)) == 0);
    claim_fill(p, SIZE - 4096, (unsigned)*fd);
    return p;
}

int main(void)
{
    int open_fd, gone_fd, seed;
    unsigned char *o = make("open", &open_fd), *g = make("gone", &gone_fd), c;
    pid_t pid;

    seed = gone_fd;
    CHECK(close(gone_fd) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        UNTIL(o[SIZE - 1] == 1 || claim_go());
        UNTIL(o[SIZE - 1] == 1);
        CHECK(pread(open_fd, &c, 1, SIZE - 1) == 1 && c == 1);
        CHECK(pwrite(open_fd, "\2", 1, SIZE - 2) == 1);
        UNTIL(g[SIZE - 1] == 3);
        g[SIZE - 2] = 4;
        _exit(0);
    }
    claim_ready();
    claim_wait();
    BREAK(g[SIZE / 2] ^= 1);
    CHECK(claim_same(o, SIZE - 4096, (unsigned)open_fd));
    CHECK(claim_same(g, SIZE - 4096, (unsigned)seed));
    o[SIZE - 1] = 1;
    UNTIL(o[SIZE - 2] == 2);
    g[SIZE - 1] = 3;
    claim_reap(pid);
    CHECK_EQ(g[SIZE - 2], 4);
    claim_pass();
}
