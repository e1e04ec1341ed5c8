/* Claim: processes that wait at a barrier in shared memory pass it when the
 * last one comes, and again in the next round. */
#include "claim.h"
#include <pthread.h>
#include <sys/mman.h>

#define N 3

struct shared {
    pthread_barrier_t b;
    int at, serial;
};

static void round_trip(struct shared *s)
{
    int r = pthread_barrier_wait(&s->b);

    CHECK(r == 0 || r == PTHREAD_BARRIER_SERIAL_THREAD);
    if (r)
        __atomic_add_fetch(&s->serial, 1, __ATOMIC_SEQ_CST);
}

int main(void)
{
    struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_barrierattr_t a;
    pid_t pid[N];

    CHECK(s != MAP_FAILED && pthread_barrierattr_init(&a) == 0);
    CHECK(pthread_barrierattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0);
    CHECK(pthread_barrier_init(&s->b, &a, N + 1) == 0);
    for (int i = 0; i < N; i++) {
        CHECK((pid[i] = fork()) >= 0);
        if (pid[i] == 0) {
            __atomic_add_fetch(&s->at, 1, __ATOMIC_SEQ_CST);
            round_trip(s);
            round_trip(s);
            _exit(0);
        }
    }
    UNTIL(__atomic_load_n(&s->at, __ATOMIC_SEQ_CST) == N);
    claim_ready();
    claim_wait();
    round_trip(s);
    round_trip(s);
    for (int i = 0; i < N; i++)
        claim_reap(pid[i]);
    BREAK(s->serial++);
    CHECK_EQ(s->serial, 2);
    claim_pass();
}
