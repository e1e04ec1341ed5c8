/* Claim: an anonymous shared area stays shared by parent, child and
 * grandchild, with its contents, at each one's address. */
#include "claim.h"
#include <sys/mman.h>

#define SIZE (4ul << 20)

static volatile int *flag;
static unsigned char *p;

static void relative(int depth, int wfd)
{
    if (depth == 1) {
        pid_t pid = fork();

        CHECK(pid >= 0);
        if (pid == 0) {
            relative(2, wfd);
            _exit(0);
        }
        claim_tell(wfd);
        UNTIL(flag[1] == 1);
        CHECK(claim_same(p + 4096, SIZE - 4096, 2));
        flag[2] = 1;
        claim_reap(pid);
        _exit(0);
    }
    claim_tell(wfd);
    UNTIL(flag[2] == 1);
    p[4096] ^= 0x55;
    flag[3] = 1;
}

int main(void)
{
    int pfd[2];
    pid_t pid;

    p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
             -1, 0);
    CHECK(p != MAP_FAILED);
    flag = (void *)p;
    claim_fill(p + 4096, SIZE - 4096, 1);
    CHECK(pipe(pfd) == 0);
    CHECK((pid = fork()) >= 0);
    if (pid == 0)
        relative(1, pfd[1]);
    claim_hear(pfd[0]);
    claim_hear(pfd[0]);
    claim_ready();
    claim_wait();
    BREAK(p[70000] ^= 1);
    CHECK(claim_same(p + 4096, SIZE - 4096, 1));
    claim_fill(p + 4096, SIZE - 4096, 2);
    flag[1] = 1;
    UNTIL(flag[3] == 1);
    p[4096] ^= 0x55;
    CHECK(claim_same(p + 4096, SIZE - 4096, 2));
    claim_reap(pid);
    claim_pass();
}
