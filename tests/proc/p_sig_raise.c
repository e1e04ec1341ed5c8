/* Claim: threads that do nothing but send themselves and each other signals
 * (raise, pthread_kill, pthread_sigqueue) get each of them, wherever they are
 * stopped. */
#include "claim.h"
#include <pthread.h>

#define PAIRS 3

static volatile int stop;
static volatile int rounds[PAIRS];
static __thread volatile int got;
static volatile int other_got;
static pthread_t other;

static void count(int sig)
{
    (void)sig;
    got++;
}

static void count_other(int sig)
{
    (void)sig;
    __atomic_add_fetch(&other_got, 1, __ATOMIC_RELAXED);
}

static void *raises(void *arg)
{
    (void)arg;
    for (int n = 1; !stop; n++) {
        CHECK(raise(SIGUSR1) == 0);
        CHECK_EQ(got, n);
        rounds[0]++;
    }
    return NULL;
}

static void *queues(void *arg)
{
    union sigval v = {.sival_int = 1};

    (void)arg;
    for (int n = 1; !stop; n++) {
        CHECK_EQ(pthread_sigqueue(pthread_self(), SIGUSR1, v), 0);
        CHECK_EQ(got, n);
        rounds[1]++;
    }
    return NULL;
}

static void *kills(void *arg)
{
    (void)arg;
    for (int n = 1; !stop; n++) {
        CHECK_EQ(pthread_kill(other, SIGUSR2), 0);
        UNTIL(other_got == n);
        rounds[2]++;
    }
    return NULL;
}

static void *spins(void *arg)
{
    (void)arg;
    while (!stop)
        ;
    return NULL;
}

int main(void)
{
    static void *(*const fn[PAIRS])(void *) = {raises, queues, kills};
    struct sigaction sa = {.sa_handler = count};
    pthread_t t[PAIRS];

    CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
    sa.sa_handler = count_other;
    CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
    CHECK(pthread_create(&other, NULL, spins, NULL) == 0);
    for (int i = 0; i < PAIRS; i++)
        CHECK(pthread_create(&t[i], NULL, fn[i], NULL) == 0);
    for (int i = 0; i < PAIRS; i++)
        UNTIL(rounds[i]);
    claim_ready();
    claim_wait();
    for (int i = 0; i < PAIRS; i++)
        rounds[i] = 0;
    BREAK(stop = 1);
    CHECK(!stop); /* they are still at it */
    for (int i = 0; i < PAIRS; i++)
        UNTIL(rounds[i]);
    stop = 1;
    for (int i = 0; i < PAIRS; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    CHECK(pthread_join(other, NULL) == 0);
    claim_pass();
}
