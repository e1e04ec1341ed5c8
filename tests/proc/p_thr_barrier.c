/* Claim: threads at a barrier and at a semaphore go on when, after the
 * restart, the last one arrives and somebody posts. */
#include "claim.h"
#include <pthread.h>
#include <semaphore.h>

static pthread_barrier_t b;
static sem_t s;
static volatile int at, passed, serial, taken;

static void *work(void *arg)
{
    int r;

    (void)arg;
    __atomic_fetch_add(&at, 1, __ATOMIC_SEQ_CST);
    r = pthread_barrier_wait(&b);
    CHECK(r == 0 || r == PTHREAD_BARRIER_SERIAL_THREAD);
    if (r)
        __atomic_fetch_add(&serial, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&passed, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void *taker(void *arg)
{
    (void)arg;
    __atomic_fetch_add(&at, 1, __ATOMIC_SEQ_CST);
    CHECK(sem_wait(&s) == 0);
    taken = 1;
    return NULL;
}

int main(void)
{
    pthread_t t[4];

    CHECK(pthread_barrier_init(&b, NULL, 4) == 0 && sem_init(&s, 0, 0) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&t[i], NULL, work, NULL) == 0);
    CHECK(pthread_create(&t[3], NULL, taker, NULL) == 0);
    UNTIL(at == 4);
    claim_ready();
    claim_wait();
    BREAK(passed++);
    CHECK(passed == 0 && taken == 0);
    work(NULL);
    CHECK(sem_post(&s) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    CHECK(passed == 4 && serial == 1 && taken == 1);
    claim_pass();
}
