/* Claim: processes that wait for a condition in shared memory, forever or
 * with a time limit, are woken by another process, once each. */
#include "claim.h"
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#define N 4

struct shared {
    pthread_mutex_t m;
    pthread_cond_t c;
    int waiting, word, woken;
};

static void waiter(struct shared *s, int limited)
{
    struct timespec end;
    int word;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 300;
    CHECK(pthread_mutex_lock(&s->m) == 0);
    word = s->word;
    s->waiting++;
    while (s->word == word)
        CHECK((limited ? pthread_cond_timedwait(&s->c, &s->m, &end)
                       : pthread_cond_wait(&s->c, &s->m)) == 0);
    s->woken++;
    CHECK(pthread_mutex_unlock(&s->m) == 0);
    _exit(0);
}

int main(void)
{
    struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t ma;
    pthread_condattr_t ca;
    pid_t pid[N];
    int n = 0;

    CHECK(s != MAP_FAILED);
    CHECK(pthread_mutexattr_init(&ma) == 0 && pthread_condattr_init(&ca) == 0);
    CHECK(pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED) == 0);
    CHECK(pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED) == 0);
    CHECK(pthread_mutex_init(&s->m, &ma) == 0);
    CHECK(pthread_cond_init(&s->c, &ca) == 0);
    for (int i = 0; i < N; i++) {
        CHECK((pid[i] = fork()) >= 0);
        if (pid[i] == 0)
            waiter(s, i & 1);
    }
    while (n < N) {
        CHECK(pthread_mutex_lock(&s->m) == 0);
        n = s->waiting;
        CHECK(pthread_mutex_unlock(&s->m) == 0);
        claim_nap();
    }
    claim_ready();
    claim_wait();
    CHECK(pthread_mutex_lock(&s->m) == 0);
    CHECK_EQ(s->woken, 0);
    s->word++;
    CHECK(pthread_cond_broadcast(&s->c) == 0);
    CHECK(pthread_mutex_unlock(&s->m) == 0);
    for (int i = 0; i < N; i++)
        claim_reap(pid[i]);
    BREAK(s->woken--);
    CHECK_EQ(s->woken, N);
    claim_pass();
}
