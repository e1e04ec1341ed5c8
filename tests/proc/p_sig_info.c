/* Claim: a queued signal arrives with all that rt_sigqueueinfo() gave it, by
 * every code that a program may use; and one that it queues afterwards. */
#include "claim.h"

#include <sys/syscall.h>

#define FIRST (SIGRTMIN + 2)
#define WORDS (sizeof(siginfo_t) / 4)

static const int codes[] = {SI_QUEUE, SI_TIMER,  SI_MESGQ, SI_ASYNCIO,
                            SI_SIGIO, SI_ASYNCNL, -10};
#define KINDS ((int)(sizeof(codes) / sizeof(codes[0])))

static siginfo_t got[KINDS];
static volatile int count;

static void handler(int sig, siginfo_t *info, void *context)
{
    (void)context;
    got[sig - FIRST] = *info;
    count++;
}

/* With the sender's true number, as libc does it. */
static siginfo_t given(int i)
{
    siginfo_t info;
    uint32_t word[WORDS] = {0};

    for (uint32_t k = 4; k < 12; k++)
        word[k] = 0x1000 * k + (uint32_t)i;
    memcpy(&info, word, sizeof info);
    info.si_signo = FIRST + i;
    info.si_code = codes[i];
    info.si_pid = getpid();
    info.si_uid = getuid();
    return info;
}

static void queue(void)
{
    for (int i = 0; i < KINDS; i++) {
        siginfo_t info = given(i);
        long r = syscall(SYS_rt_sigqueueinfo, getpid(), info.si_signo, &info);

        if (r == -1 && codes[i] == -10) /* not known: less is carried */
            count++;
        else
            CHECK_EQ(r, 0);
    }
}

static void compare(void)
{
    for (int i = 0; i < KINDS; i++) {
        siginfo_t want = given(i);

        if (got[i].si_signo)
            CHECK(memcmp(&got[i], &want, sizeof want) == 0);
    }
    CHECK_EQ(count, KINDS);
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigset_t all;

    sigfillset(&all);
    CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
    for (int i = 0; i < KINDS; i++)
        CHECK(sigaction(FIRST + i, &sa, NULL) == 0);
    queue();
    claim_ready();
    claim_wait();
    CHECK(sigprocmask(SIG_UNBLOCK, &all, NULL) == 0);
    BREAK(got[4].si_pid++);
    compare();
    count = 0;
    queue();
    compare();
    claim_pass();
}
