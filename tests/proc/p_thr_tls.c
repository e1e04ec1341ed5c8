/* Claim: thread-local variables, pthread keys and errno of each thread are
 * kept, and key destructors run. */
#include "claim.h"
#include <pthread.h>

#define N 12

static __thread int var = 5;
static __thread char big[5000];
static pthread_key_t key;
static volatile int up, go_on, destroyed;

static void destroy(void *p)
{
    __atomic_fetch_add(&destroyed, (int)(long)p, __ATOMIC_SEQ_CST);
}

static void *work(void *arg)
{
    long i = (long)arg;

    var = (int)(100 * i);
    claim_fill(big, sizeof big, (unsigned)i);
    CHECK(pthread_setspecific(key, (void *)(i + 1)) == 0);
    errno = (int)(200 + i);
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    while (!go_on) {
        int e = errno;

        claim_nap();
        CHECK_EQ(e, 200 + i);
    }
    CHECK_EQ(errno, 200 + i);
    CHECK_EQ(var, 100 * i);
    CHECK(claim_same(big, sizeof big, (unsigned)i));
    CHECK(pthread_getspecific(key) == (void *)(i + 1));
    return NULL;
}

int main(void)
{
    pthread_t t[N];

    CHECK(pthread_key_create(&key, destroy) == 0);
    for (long i = 0; i < N; i++)
        CHECK(pthread_create(&t[i], NULL, work, (void *)i) == 0);
    UNTIL(up == N);
    var = 77;
    claim_ready();
    claim_wait();
    BREAK(var++);
    CHECK_EQ(var, 77);
    go_on = 1;
    for (int i = 0; i < N; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    CHECK_EQ(destroyed, N * (N + 1) / 2);
    claim_pass();
}
