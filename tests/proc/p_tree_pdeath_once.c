/* Claim: the signal at a parent's death comes once, however a parent of one
 * thread ends by itself: the hidden thread is no heir whose end counts, too. */
#include "claim.h"
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { WAYS = 5 };

static int up[2], hold[2], count[2], number;

static void child(void)
{
    struct timespec none = {0, 0};
    sigset_t set;
    char n = 0, c;

    sigemptyset(&set);
    sigaddset(&set, number);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(prctl(PR_SET_PDEATHSIG, number) == 0);
    claim_tell(up[1]);
    /* the parent has ended, and all of its threads, when this comes */
    CHECK(read(count[0], &c, 1) == 1);
    while (sigtimedwait(&set, NULL, &none) == number)
        n++;
    BREAK(n++);
    CHECK(write(up[1], &n, 1) == 1);
    _exit(0);
}

static void parent(int way)
{
    pid_t kid = fork();
    char c;

    CHECK(kid >= 0);
    if (kid == 0)
        child();
    CHECK(read(hold[0], &c, 1) == 1);
    switch (way) {
    case 0:
        _exit(0);
    case 1:
        exit(0);
    case 2:
        quick_exit(0);
    case 3:
        _Exit(0);
    default:
        syscall(SYS_exit_group, 0);
    }
}

int main(void)
{
    pid_t mid[WAYS];
    char n;

    number = SIGRTMIN + 1; /* each is kept */
    CHECK(pipe(up) == 0 && pipe(hold) == 0 && pipe(count) == 0);
    for (int i = 0; i < WAYS; i++) {
        CHECK((mid[i] = fork()) >= 0);
        if (mid[i] == 0)
            parent(i);
    }
    for (int i = 0; i < WAYS; i++)
        claim_hear(up[0]);
    claim_ready();
    claim_wait();
    for (int i = 0; i < WAYS; i++)
        claim_tell(hold[1]);
    for (int i = 0; i < WAYS; i++)
        claim_reap(mid[i]);
    for (int i = 0; i < WAYS; i++)
        claim_tell(count[1]);
    for (int i = 0; i < WAYS; i++) {
        CHECK_EQ(read(up[0], &n, 1), 1);
        CHECK_EQ(n, 1);
    }
    claim_pass();
}
