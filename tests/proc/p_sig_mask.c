/* Claim: each thread's signal mask is what it was, the C library's own two
 * signals included. */
#include "claim.h"
#include <pthread.h>
#include <sys/syscall.h>

static volatile int up, go_on;

/* the kernel's own view: sigprocmask would hide 32 and 33 */
static uint64_t mask(void)
{
    uint64_t m = 0;

    CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &m, 8) == 0);
    return m;
}

static void *work(void *arg)
{
    uint64_t m = 0x1230000000000200ull << (long)arg;

    CHECK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &m, NULL, 8) == 0);
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    UNTIL(go_on);
    BREAK(m++);
    CHECK(mask() == m);
    return NULL;
}

int main(void)
{
    uint64_t was;
    pthread_t t[4];
    sigset_t s;

    sigemptyset(&s);
    sigaddset(&s, SIGTERM);
    sigaddset(&s, SIGRTMIN + 4);
    CHECK(sigprocmask(SIG_SETMASK, &s, NULL) == 0);
    for (long i = 0; i < 4; i++)
        CHECK(pthread_create(&t[i], NULL, work, (void *)i) == 0);
    UNTIL(up == 4);
    was = mask();
    claim_ready();
    claim_wait();
    CHECK(mask() == was);
    go_on = 1;
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    claim_pass();
}
