/* Claim: a robust mutex in shared memory whose holder dies after the
 * checkpoint goes to the one that waits, with word of the death. */
#include "claim.h"
#include <pthread.h>
#include <sys/mman.h>

struct shared {
    pthread_mutex_t m[2];
    volatile int waits[2], go;
};

static void take(struct shared *s, int k)
{
    s->waits[k] = 1;
    CHECK_EQ(pthread_mutex_lock(&s->m[k]), EOWNERDEAD);
    CHECK(pthread_mutex_consistent(&s->m[k]) == 0);
    CHECK(pthread_mutex_unlock(&s->m[k]) == 0);
    _exit(0);
}

int main(void)
{
    struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t a;
    pid_t owner, w[2];
    int held[2], how = 1;

    CHECK(s != MAP_FAILED && pipe(held) == 0);
    CHECK(pthread_mutexattr_init(&a) == 0);
    CHECK(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0);
    CHECK(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST) == 0);
    CHECK(pthread_mutex_init(&s->m[0], &a) == 0);
    CHECK(pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT) == 0);
    CHECK(pthread_mutex_init(&s->m[1], &a) == 0);
    CHECK((owner = fork()) >= 0);
    if (owner == 0) {
        CHECK(pthread_mutex_lock(&s->m[0]) == 0);
        CHECK(pthread_mutex_lock(&s->m[1]) == 0);
        claim_tell(held[1]);
        UNTIL(s->go || claim_go());
        UNTIL(s->go);
        _exit(s->go == 1 ? 0 : 1);
    }
    claim_hear(held[0]);
    for (int k = 0; k < 2; k++) {
        CHECK((w[k] = fork()) >= 0);
        if (w[k] == 0)
            take(s, k);
        UNTIL(s->waits[k]);
    }
    claim_ready();
    claim_wait();
    BREAK(how = 2);
    s->go = how;
    claim_reap(owner);
    claim_reap(w[0]);
    claim_reap(w[1]);
    claim_pass();
}
