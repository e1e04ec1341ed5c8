/* Claim: every signal's action, with its flags and mask, is what it was. */
#include "claim.h"

static void plain(int s) { (void)s; }
static void info(int s, siginfo_t *si, void *u) { (void)s, (void)si, (void)u; }

static int same(const struct sigaction *a, const struct sigaction *b)
{
    if (a->sa_sigaction != b->sa_sigaction || a->sa_flags != b->sa_flags)
        return 0;
    for (int s = 1; s < 65; s++)
        if (sigismember(&a->sa_mask, s) != sigismember(&b->sa_mask, s))
            return 0;
    return 1;
}

int main(void)
{
    struct sigaction want[65], is;

    memset(want, 0, sizeof want);
    want[SIGUSR1].sa_handler = plain;
    want[SIGUSR1].sa_flags = SA_RESTART | SA_NODEFER;
    want[SIGUSR2].sa_sigaction = info;
    want[SIGUSR2].sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
    sigaddset(&want[SIGUSR2].sa_mask, SIGTERM);
    sigaddset(&want[SIGUSR2].sa_mask, 50);
    want[SIGCHLD].sa_handler = plain;
    want[SIGCHLD].sa_flags = SA_NOCLDSTOP | SA_NOCLDWAIT;
    want[SIGPIPE].sa_handler = SIG_IGN;
    want[SIGTSTP].sa_handler = SIG_IGN;
    want[SIGSEGV].sa_handler = plain;
    want[SIGALRM].sa_handler = plain;
    for (int s = SIGRTMIN; s <= SIGRTMAX; s += 3) {
        want[s].sa_sigaction = info;
        want[s].sa_flags = SA_SIGINFO;
        sigaddset(&want[s].sa_mask, s - 1);
    }
    for (int s = 1; s < 65; s++)
        if (want[s].sa_handler)
            CHECK(sigaction(s, &want[s], NULL) == 0);
    for (int s = 1; s < 65; s++)
        if (s < 32 || s >= SIGRTMIN)
            CHECK(sigaction(s, NULL, &want[s]) == 0);
    claim_ready();
    claim_wait();
    BREAK(signal(SIGPIPE, SIG_DFL));
    for (int s = 1; s < 65; s++) {
        if (s >= 32 && s < SIGRTMIN)
            continue;
        CHECK(sigaction(s, NULL, &is) == 0);
        if (!same(&is, &want[s]))
            claim_fail(__FILE__, __LINE__, "action of signal %d changed", s);
    }
    claim_pass();
}
