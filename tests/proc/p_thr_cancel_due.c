/* Claim: a thread whose cancellation is under way, and that has the signal for
 * it waiting, is cancelled. libc looks at who has sent it. */
#include "claim.h"

#include <pthread.h>
#include <sys/syscall.h>

static volatile int go, up;
static volatile unsigned long n;

/* Past libc, which lets nobody block its own signals. */
static void block(int how)
{
    uint64_t libc_s = 1ull << 31; /* 32 */

    CHECK(syscall(SYS_rt_sigprocmask, how, &libc_s, NULL, 8) == 0);
}

static void *victim(void *arg)
{
    int old;

    CHECK(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old) == 0);
    block(SIG_BLOCK);
    up = 1;
    while (!go)
        n++;
    block(SIG_UNBLOCK);
    for (;;)
        n++;
    return arg;
}

int main(void)
{
    pthread_t t;
    void *got;

    CHECK(pthread_create(&t, NULL, victim, NULL) == 0);
    UNTIL(up);
    CHECK(pthread_cancel(t) == 0);
    claim_ready();
    claim_wait();
    BREAK(t = pthread_self());
    go = 1;
    CHECK_EQ(pthread_join(t, &got), 0);
    CHECK(got == PTHREAD_CANCELED);
    claim_pass();
}
