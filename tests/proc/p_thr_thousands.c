/* Claim: two thousand waiting threads are all there afterwards, each with what
 * lay on its stack, and can be joined. */
#include "claim.h"
#include <pthread.h>

#define N 2000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t come = PTHREAD_COND_INITIALIZER;
static pthread_cond_t leave = PTHREAD_COND_INITIALIZER;
static int here, over;

static void *wait_there(void *arg)
{
    unsigned mine[100];

    claim_fill(mine, sizeof(mine), (unsigned)(long)arg);
    pthread_mutex_lock(&mutex);
    here++;
    pthread_cond_signal(&come);
    while (!over)
        pthread_cond_wait(&leave, &mutex);
    pthread_mutex_unlock(&mutex);
    return claim_same(mine, sizeof(mine), (unsigned)(long)arg) ? arg : NULL;
}

int main(void)
{
    static pthread_t t[N];
    pthread_attr_t attr;
    void *got;

    CHECK(!pthread_attr_init(&attr));
    CHECK(!pthread_attr_setstacksize(&attr, 64 << 10));
    for (long i = 0; i < N; i++) {
        if (pthread_create(&t[i], &attr, wait_there, (void *)(i + 1)))
            claim_skip("too many threads for this user");
    }
    pthread_mutex_lock(&mutex);
    while (here < N)
        pthread_cond_wait(&come, &mutex);
    pthread_mutex_unlock(&mutex);
    claim_ready();
    claim_wait();
    pthread_mutex_lock(&mutex);
    over = 1;
    pthread_cond_broadcast(&leave);
    pthread_mutex_unlock(&mutex);
    for (long i = 0; i < N; i++) {
        CHECK(!pthread_join(t[i], &got));
        CHECK_EQ((long)got, i + 1);
    }
    BREAK(CHECK(0));
    claim_pass();
}
