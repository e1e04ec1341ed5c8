/* Claim: a checkpoint of a program with more waiting signals than can be kept
 * is refused by name, and not one of them is lost. */
/* refusal: more than [0-9]+ signals wait to be received */
#include "claim.h"

#define MANY 100

static volatile int got;

static void handler(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    CHECK_EQ(info->si_value.sival_int, got);
    got++;
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(sigaction(SIGRTMIN, &sa, NULL) == 0);
    for (int i = 0; i < MANY; i++)
        CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}) ==
              0);
    claim_ready();
    claim_wait();
    CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
    BREAK(got--);
    CHECK_EQ(got, MANY);
    claim_pass();
}
