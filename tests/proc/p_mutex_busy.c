/* Claim: threads that do nothing but take and release locks that know their
 * owner by number never fail, wherever they are stopped: mutexes of every
 * type, by every function that takes one, and read/write locks. */
#include "claim.h"
#include <pthread.h>
#include <time.h>

#define RECURSIVE PTHREAD_MUTEX_RECURSIVE
#define ERRORCHECK PTHREAD_MUTEX_ERRORCHECK
#define PI PTHREAD_PRIO_INHERIT

enum by { LOCK, TRY, TIMED, CLOCK, COND };

static const struct kind {
    const char *name;
    int type, robust, protocol;
    enum by by;
} kinds[] = {
    {"recursive", RECURSIVE, 0, 0, LOCK},
    {"recursive, tried", RECURSIVE, 0, 0, TRY},
    {"recursive, timed", RECURSIVE, 0, 0, TIMED},
    {"recursive, clock", RECURSIVE, 0, 0, CLOCK},
    {"recursive, condition", RECURSIVE, 0, 0, COND},
    {"checking", ERRORCHECK, 0, 0, LOCK},
    {"checking, tried", ERRORCHECK, 0, 0, TRY},
    {"robust", 0, 1, 0, LOCK},
    {"robust, recursive, tried", RECURSIVE, 1, 0, TRY},
    {"inheriting", ERRORCHECK, 0, PI, LOCK},
    {"inheriting, recursive, tried", RECURSIVE, 0, PI, TRY},
    {"inheriting, robust, timed", RECURSIVE, 1, PI, TIMED},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static volatile int stop;
static volatile int rounds[KINDS + 1];

static int take(pthread_mutex_t *m, enum by by)
{
    static const struct timespec late = {4000000000, 0}, past = {1, 0};
    static __thread pthread_cond_t c = PTHREAD_COND_INITIALIZER;

    switch (by) {
    case TRY:
        return pthread_mutex_trylock(m);
    case TIMED:
        return pthread_mutex_timedlock(m, &late);
    case CLOCK:
        return pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &late);
    case COND:
        if (pthread_mutex_lock(m) != 0 ||
            pthread_cond_timedwait(&c, m, &past) != ETIMEDOUT)
            return -1;
        return 0;
    default:
        return pthread_mutex_lock(m);
    }
}

/* Two locks of each type in turn, so that each is free for a while. */
static void *mutexes(void *arg)
{
    const struct kind *k = arg;
    pthread_mutexattr_t a;
    pthread_mutex_t m[2];
    int r, again = k->type == RECURSIVE ? 0 : EDEADLK;

    pthread_mutexattr_init(&a);
    CHECK(pthread_mutexattr_settype(&a, k->type) == 0);
    CHECK(pthread_mutexattr_setprotocol(&a, k->protocol) == 0);
    if (k->robust)
        pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_mutex_init(&m[i], &a) == 0);
    for (int i = 0; !stop; i = !i) {
        r = take(&m[i], k->by);
        if (r)
            claim_fail(__FILE__, __LINE__, "%s: %s", k->name, strerror(r));
        if (k->type) {
            r = k->by == TRY && again ? EDEADLK : pthread_mutex_lock(&m[i]);
            if (r != again)
                claim_fail(__FILE__, __LINE__, "%s, again: %s", k->name,
                           strerror(r));
            if (!r)
                CHECK(pthread_mutex_unlock(&m[i]) == 0);
        }
        r = pthread_mutex_unlock(&m[i]);
        if (r)
            claim_fail(__FILE__, __LINE__, "%s, release: %s", k->name,
                       strerror(r));
        rounds[k - kinds]++;
    }
    return NULL;
}

static void *rwlock(void *arg)
{
    pthread_rwlock_t l = PTHREAD_RWLOCK_INITIALIZER;

    (void)arg;
    while (!stop) {
        CHECK_EQ(pthread_rwlock_wrlock(&l), 0);
        CHECK_EQ(pthread_rwlock_rdlock(&l), EDEADLK);
        CHECK_EQ(pthread_rwlock_unlock(&l), 0);
        CHECK_EQ(pthread_rwlock_rdlock(&l), 0);
        CHECK_EQ(pthread_rwlock_unlock(&l), 0);
        rounds[KINDS]++;
    }
    return NULL;
}

int main(void)
{
    pthread_t t[KINDS + 1];

    for (size_t i = 0; i < KINDS; i++)
        CHECK(pthread_create(&t[i], NULL, mutexes, (void *)&kinds[i]) == 0);
    CHECK(pthread_create(&t[KINDS], NULL, rwlock, NULL) == 0);
    for (size_t i = 0; i <= KINDS; i++)
        UNTIL(rounds[i]);
    claim_ready();
    claim_wait();
    for (size_t i = 0; i <= KINDS; i++)
        rounds[i] = 0;
    BREAK(stop = 1);
    CHECK(!stop); /* they are still at it */
    for (size_t i = 0; i <= KINDS; i++)
        UNTIL(rounds[i]);
    stop = 1;
    for (size_t i = 0; i <= KINDS; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    claim_pass();
}
