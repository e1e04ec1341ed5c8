/* Claim: a mutex of any type in shared memory, held by another process, is
 * held by it afterwards, and goes to the process that waits for it. */
#include "claim.h"
#include <pthread.h>
#include <sys/mman.h>

enum { NORMAL, RECURSIVE, ERRORCHECK, ROBUST, INHERIT, ROBUST_INHERIT, KINDS };

struct shared {
    pthread_mutex_t m[KINDS];
    pthread_rwlock_t rw;
    volatile int waits[KINDS], got[KINDS], go;
};

static struct shared *s;

static void init(int k)
{
    pthread_mutexattr_t a;
    int type = k == RECURSIVE    ? PTHREAD_MUTEX_RECURSIVE
               : k == ERRORCHECK ? PTHREAD_MUTEX_ERRORCHECK
                                 : PTHREAD_MUTEX_NORMAL;

    CHECK(pthread_mutexattr_init(&a) == 0);
    CHECK(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0);
    CHECK(pthread_mutexattr_settype(&a, type) == 0);
    if (k == ROBUST || k == ROBUST_INHERIT)
        CHECK(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST) == 0);
    if (k == INHERIT || k == ROBUST_INHERIT)
        CHECK(pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT) == 0);
    CHECK(pthread_mutex_init(&s->m[k], &a) == 0);
}

static void holder(int tell)
{
    for (int k = 0; k < KINDS; k++)
        CHECK(pthread_mutex_lock(&s->m[k]) == 0);
    CHECK(pthread_mutex_lock(&s->m[RECURSIVE]) == 0);
    CHECK(pthread_rwlock_wrlock(&s->rw) == 0);
    claim_tell(tell);
    UNTIL(s->go || claim_go());
    UNTIL(s->go);
    CHECK_EQ(pthread_mutex_lock(&s->m[ERRORCHECK]), EDEADLK);
    CHECK_EQ(pthread_rwlock_wrlock(&s->rw), EDEADLK);
    CHECK(pthread_mutex_unlock(&s->m[RECURSIVE]) == 0);
    CHECK(pthread_rwlock_unlock(&s->rw) == 0);
    for (int k = 0; k < KINDS; k++) {
        CHECK_EQ(s->got[k], 0);
        CHECK(pthread_mutex_unlock(&s->m[k]) == 0);
    }
    _exit(0);
}

static void waiter(int k)
{
    s->waits[k] = 1;
    CHECK(pthread_mutex_lock(&s->m[k]) == 0);
    s->got[k] = 1;
    CHECK(pthread_mutex_unlock(&s->m[k]) == 0);
    _exit(0);
}

int main(void)
{
    pthread_rwlockattr_t a;
    pid_t owner, w[KINDS];
    int held[2];

    s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(s != MAP_FAILED && pipe(held) == 0);
    for (int k = 0; k < KINDS; k++)
        init(k);
    CHECK(pthread_rwlockattr_init(&a) == 0);
    CHECK(pthread_rwlockattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0);
    CHECK(pthread_rwlock_init(&s->rw, &a) == 0);
    CHECK((owner = fork()) >= 0);
    if (owner == 0)
        holder(held[1]);
    claim_hear(held[0]);
    for (int k = 0; k < KINDS; k++) {
        CHECK((w[k] = fork()) >= 0);
        if (w[k] == 0)
            waiter(k);
        UNTIL(s->waits[k]);
    }
    claim_ready();
    claim_wait();
    BREAK(s->got[2] = 1);
    for (int k = 0; k < KINDS; k++)
        CHECK_EQ(pthread_mutex_trylock(&s->m[k]), EBUSY);
    CHECK_EQ(pthread_mutex_unlock(&s->m[ERRORCHECK]), EPERM);
    CHECK_EQ(pthread_rwlock_tryrdlock(&s->rw), EBUSY);
    s->go = 1;
    claim_reap(owner);
    for (int k = 0; k < KINDS; k++)
        claim_reap(w[k]);
    CHECK(pthread_rwlock_wrlock(&s->rw) == 0);
    CHECK(pthread_mutex_lock(&s->m[ROBUST]) == 0);
    claim_pass();
}
