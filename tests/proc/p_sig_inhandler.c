/* Claim: a checkpoint while a handler runs: the handler returns to what it
 * interrupted, with the mask from before; a siglongjmp out of one works. */
#include "claim.h"
#include <pthread.h>
#include <setjmp.h>

static sigjmp_buf env;
static volatile int in, go_on;

static void jumps(int s)
{
    (void)s;
    __atomic_fetch_add(&in, 1, __ATOMIC_SEQ_CST);
    UNTIL(go_on);
    siglongjmp(env, 5);
}

static void returns(int s)
{
    (void)s;
    __atomic_fetch_add(&in, 1, __ATOMIC_SEQ_CST);
    claim_ready();
    claim_wait();
    go_on = 1;
}

static int blocked(int s)
{
    sigset_t now;

    pthread_sigmask(SIG_SETMASK, NULL, &now);
    return sigismember(&now, s);
}

static void *other(void *arg)
{
    int r;

    (void)arg;
    r = sigsetjmp(env, 1);
    if (r == 0) {
        raise(SIGUSR2);
        CHECK(0);
    }
    CHECK_EQ(r, 5);
    CHECK(!blocked(SIGUSR2));
    return NULL;
}

int main(void)
{
    struct sigaction a = {.sa_handler = jumps}, b = {.sa_handler = returns};
    volatile long local = 0x12345678;
    volatile double d = 2.5;
    pthread_t t;

    sigaddset(&b.sa_mask, SIGTERM);
    CHECK(sigaction(SIGUSR2, &a, NULL) == 0);
    CHECK(sigaction(SIGUSR1, &b, NULL) == 0);
    CHECK(pthread_create(&t, NULL, other, NULL) == 0);
    UNTIL(in == 1);
    raise(SIGUSR1);
    BREAK(local++);
    CHECK(local == 0x12345678 && d == 2.5 && in == 2);
    CHECK(!blocked(SIGUSR1) && !blocked(SIGTERM));
    CHECK(pthread_join(t, NULL) == 0);
    claim_pass();
}
