/* Claim: a read/write lock keeps its readers, its writer and its waiters. */
#include "claim.h"
#include <pthread.h>

static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t w = PTHREAD_RWLOCK_INITIALIZER;
static volatile int reading, writing, go_on, wrote, about;

static void *reader(void *arg)
{
    (void)arg;
    CHECK(pthread_rwlock_rdlock(&r) == 0);
    __atomic_fetch_add(&reading, 1, __ATOMIC_SEQ_CST);
    UNTIL(go_on);
    CHECK_EQ(wrote, 0);
    CHECK(pthread_rwlock_unlock(&r) == 0);
    return NULL;
}

static void *writer(void *arg)
{
    (void)arg;
    about = 1;
    CHECK(pthread_rwlock_wrlock(&r) == 0);
    wrote = 1;
    CHECK(pthread_rwlock_unlock(&r) == 0);
    return NULL;
}

static void *owner(void *arg)
{
    (void)arg;
    CHECK(pthread_rwlock_wrlock(&w) == 0);
    writing = 1;
    UNTIL(go_on);
    CHECK_EQ(pthread_rwlock_wrlock(&w), EDEADLK);
    CHECK(pthread_rwlock_unlock(&w) == 0);
    return NULL;
}

int main(void)
{
    pthread_t t[5];

    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&t[i], NULL, reader, NULL) == 0);
    CHECK(pthread_create(&t[3], NULL, owner, NULL) == 0);
    UNTIL(reading == 3 && writing);
    CHECK(pthread_create(&t[4], NULL, writer, NULL) == 0);
    UNTIL(about);
    claim_ready();
    claim_wait();
    BREAK(wrote = 1);
    CHECK_EQ(pthread_rwlock_tryrdlock(&w), EBUSY);
    CHECK_EQ(pthread_rwlock_trywrlock(&r), EBUSY);
    go_on = 1;
    for (int i = 0; i < 5; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    CHECK_EQ(wrote, 1);
    CHECK(pthread_rwlock_wrlock(&w) == 0 && pthread_rwlock_wrlock(&r) == 0);
    claim_pass();
}
