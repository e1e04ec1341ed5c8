/* Claim: sigsuspend, pause and sigwaitinfo stay blocked over a checkpoint
 * and end by a signal afterwards, with the mask that was there before. */
#include "claim.h"
#include <pthread.h>

static volatile int up, hits;
static sigset_t usr1, usr2;

static void handler(int s)
{
    (void)s;
    __atomic_fetch_add(&hits, 1, __ATOMIC_SEQ_CST);
}

static void *suspends(void *arg)
{
    sigset_t open, now;

    (void)arg;
    sigfillset(&open);
    sigdelset(&open, SIGUSR1);
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    CHECK(sigsuspend(&open) == -1 && errno == EINTR);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
    CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2));
    CHECK(!sigismember(&now, SIGTERM));
    return NULL;
}

static void *pauses(void *arg)
{
    (void)arg;
    pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    CHECK(pause() == -1 && errno == EINTR);
    return NULL;
}

static void *waits(void *arg)
{
    siginfo_t si;

    (void)arg;
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    CHECK_EQ(sigwaitinfo(&usr2, &si), SIGUSR2);
    CHECK_EQ(si.si_code, SI_USER); /* the C library hides SI_TKILL */
    return NULL;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handler};
    void *(*f[3])(void *) = {suspends, pauses, waits};
    pthread_t t[3];

    CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    pthread_sigmask(SIG_BLOCK, &usr2, NULL);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&t[i], NULL, f[i], NULL) == 0);
    UNTIL(up == 3);
    claim_ready();
    claim_wait();
    CHECK_EQ(hits, 0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(pthread_tryjoin_np(t[i], NULL), EBUSY);
    CHECK(pthread_kill(t[0], SIGUSR1) == 0);
    CHECK(pthread_kill(t[1], SIGUSR1) == 0);
    CHECK(pthread_kill(t[2], SIGUSR2) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    BREAK(hits++);
    CHECK_EQ(hits, 2);
    claim_pass();
}
