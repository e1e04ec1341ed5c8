/* Claim: the handler of a signal whose frame the kernel makes in the moment in
 * which all are stopped is told the number of its sender as the program knows
 * it, in this life or the next. */
#include "claim.h"

#include <pthread.h>

enum { THREADS = 2 };

static volatile int stop, wrong;
static volatile unsigned long told;
static pid_t self;

static void handler(int sig, siginfo_t *si, void *uc)
{
    (void)sig;
    (void)uc;
    if (si->si_pid != self)
        wrong = si->si_pid;
    __atomic_add_fetch(&told, 1, __ATOMIC_RELAXED);
}

/* By kill(), where the kernel says who it was, and by two in which libc does. */
static void *sender(void *arg)
{
    union sigval v = {.sival_ptr = arg};

    while (!stop) {
        CHECK_EQ(kill(self, SIGUSR1), 0);
        CHECK_EQ(sigqueue(self, SIGUSR1, v), 0);
        CHECK_EQ(pthread_sigqueue(pthread_self(), SIGUSR1, v), 0);
    }
    return NULL;
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    pthread_t t[THREADS];
    unsigned long was;
    sigset_t set;

    self = getpid();
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&t[i], NULL, sender, NULL), 0);
    /* what waits here is to sleep */
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    UNTIL(told > 1000);
    claim_ready();
    claim_wait();
    BREAK(wrong = 1);
    was = told;
    UNTIL(told > was + 1000);
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    CHECK_EQ(wrong, 0);
    claim_pass();
}
