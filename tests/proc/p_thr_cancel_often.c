/* Claim: a thread whose cancellation comes in the moment in which all are
 * stopped is cancelled, in this life or the next. libc's handler looks at who
 * has sent the signal, and what it looks at stands on the stack by then. */
#include "claim.h"

#include <pthread.h>
#include <sched.h>

enum { PAIRS = 8 };

static volatile int stop;
static volatile unsigned long done[PAIRS];

/* A signal is sent only to a thread that can be cancelled at any place. */
static void *victim(void *arg)
{
    volatile int *up = arg;
    int old;

    CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old), 0);
    *up = 1;
    for (;;)
        ;
    return arg;
}

static void *canceller(void *arg)
{
    volatile unsigned long *n = arg;
    volatile int up;
    pthread_t t;
    void *got;

    while (!stop) {
        up = 0;
        CHECK_EQ(pthread_create(&t, NULL, victim, (void *)&up), 0);
        while (!up)
            sched_yield();
        CHECK_EQ(pthread_cancel(t), 0);
        CHECK_EQ(pthread_join(t, &got), 0);
        CHECK(got == PTHREAD_CANCELED);
        ++*n;
    }
    return NULL;
}

int main(void)
{
    pthread_t t[PAIRS];
    unsigned long was;

    for (int i = 0; i < PAIRS; i++)
        CHECK_EQ(pthread_create(&t[i], NULL, canceller,
                                (void *)(uintptr_t)&done[i]), 0);
    for (int i = 0; i < PAIRS; i++)
        UNTIL(done[i]);
    claim_ready();
    claim_wait();
    BREAK(CHECK_EQ(pthread_cancel(t[0]), 0));
    for (int i = 0; i < PAIRS; i++) {
        was = done[i];
        UNTIL(done[i] != was);
    }
    stop = 1;
    for (int i = 0; i < PAIRS; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    claim_pass();
}
