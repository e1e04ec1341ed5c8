/*
 * lock.c - locks that know their owner by a number of a former life.
 *
 * glibc compares the number that stands in a recursive, error checking,
 * robust, priority inheriting or protecting mutex, and in a read/write lock
 * that is held for writing, with that of the calling thread; the kernel
 * compares that in the word of a robust or inheriting one. After a restart
 * each call that is about to compare puts the new number there first, whoever
 * makes it: a mutex in use is known to be one by its use, and by nothing else.
 * Nothing is kept, and before the first restart nothing is looked up. A thread
 * inside the window (wrap.h) is not stopped unless it waits, so that what was
 * put right is still right when it is compared.
 *
 * Several may do it at once: what is not as it was is left alone (compare and
 * swap).
 */
#include "runtime/interpose/wrap.h"
#include "runtime/virt/former.h"

#define TID_MASK 0x3fffffffu
#define TYPE 3 /* 1 recursive, 2 error checking; 0 and 3 do not compare */
#define ROBUST 16
#define INHERIT 32
#define PROTECT 64

static void heal(uint32_t *word)
{
    uint32_t w = __atomic_load_n(word, __ATOMIC_RELAXED);
    int32_t now = ck_former_now((int32_t)(w & TID_MASK));

    if (now)
        __atomic_compare_exchange_n(word, &w, (w & ~TID_MASK) | (uint32_t)now,
                                    0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static int numbered(int kind)
{
    return (kind & (ROBUST | INHERIT | PROTECT)) ||
           ((kind & TYPE) != 0 && (kind & TYPE) != TYPE);
}

static void heal_mutex(pthread_mutex_t *m)
{
    heal((uint32_t *)&m->__data.__owner);
    if (m->__data.__kind & (ROBUST | INHERIT))
        heal((uint32_t *)&m->__data.__lock);
}

/* call: made with mutex m, which may have its owner's number in it. */
#define WITH_MUTEX(m, call)                                                 \
    __extension__({                                                         \
        pthread_mutex_t *m_ = (pthread_mutex_t *)(m);                       \
        int r_;                                                             \
                                                                            \
        if (numbered(m_->__data.__kind)) {                                  \
            ck_busy();                                                      \
            if (ck_formers)                                                 \
                heal_mutex(m_);                                             \
            r_ = (call);                                                    \
            ck_idle();                                                      \
        } else {                                                            \
            r_ = (call);                                                    \
        }                                                                   \
        r_;                                                                 \
    })

#define WITH_RWLOCK(l, call)                                                \
    __extension__({                                                         \
        int r_;                                                             \
                                                                            \
        ck_busy();                                                          \
        if (ck_formers)                                                     \
            heal((uint32_t *)&(l)->__data.__cur_writer);                    \
        r_ = (call);                                                        \
        ck_idle();                                                          \
        r_;                                                                 \
    })

int pthread_mutex_lock(pthread_mutex_t *m)
{
    return WITH_MUTEX(m, REAL(pthread_mutex_lock)(m));
}
CK_ALIAS(__pthread_mutex_lock, pthread_mutex_lock);

int pthread_mutex_trylock(pthread_mutex_t *m)
{
    return WITH_MUTEX(m, REAL(pthread_mutex_trylock)(m));
}
CK_ALIAS(__pthread_mutex_trylock, pthread_mutex_trylock);

int pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *until)
{
    return WITH_MUTEX(m, REAL(pthread_mutex_timedlock)(m, until));
}

int pthread_mutex_clocklock(pthread_mutex_t *m, clockid_t clock,
                            const struct timespec *until)
{
    return WITH_MUTEX(m, REAL(pthread_mutex_clocklock)(m, clock, until));
}

int pthread_mutex_unlock(pthread_mutex_t *m)
{
    return WITH_MUTEX(m, REAL(pthread_mutex_unlock)(m));
}
CK_ALIAS(__pthread_mutex_unlock, pthread_mutex_unlock);

int pthread_mutex_setprioceiling(pthread_mutex_t *m, int ceiling, int *old)
{
    return WITH_MUTEX(m, REAL(pthread_mutex_setprioceiling)(m, ceiling, old));
}

/* These unlock it first. */
int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
    return WITH_MUTEX(m, REAL(pthread_cond_wait)(c, m));
}

int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
                           const struct timespec *until)
{
    return WITH_MUTEX(m, REAL(pthread_cond_timedwait)(c, m, until));
}

int pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m,
                           clockid_t clock, const struct timespec *until)
{
    return WITH_MUTEX(m, REAL(pthread_cond_clockwait)(c, m, clock, until));
}

/* C11 has names of its own for the same. */
int mtx_lock(mtx_t *m)
{
    return WITH_MUTEX(m, REAL(mtx_lock)(m));
}

int mtx_trylock(mtx_t *m)
{
    return WITH_MUTEX(m, REAL(mtx_trylock)(m));
}

int mtx_timedlock(mtx_t *m, const struct timespec *until)
{
    return WITH_MUTEX(m, REAL(mtx_timedlock)(m, until));
}

int mtx_unlock(mtx_t *m)
{
    return WITH_MUTEX(m, REAL(mtx_unlock)(m));
}

int cnd_wait(cnd_t *c, mtx_t *m)
{
    return WITH_MUTEX(m, REAL(cnd_wait)(c, m));
}

int cnd_timedwait(cnd_t *c, mtx_t *m, const struct timespec *until)
{
    return WITH_MUTEX(m, REAL(cnd_timedwait)(c, m, until));
}

int pthread_rwlock_rdlock(pthread_rwlock_t *l)
{
    return WITH_RWLOCK(l, REAL(pthread_rwlock_rdlock)(l));
}
CK_ALIAS(__pthread_rwlock_rdlock, pthread_rwlock_rdlock);

int pthread_rwlock_timedrdlock(pthread_rwlock_t *l,
                               const struct timespec *until)
{
    return WITH_RWLOCK(l, REAL(pthread_rwlock_timedrdlock)(l, until));
}

int pthread_rwlock_clockrdlock(pthread_rwlock_t *l, clockid_t clock,
                               const struct timespec *until)
{
    return WITH_RWLOCK(l, REAL(pthread_rwlock_clockrdlock)(l, clock, until));
}

int pthread_rwlock_wrlock(pthread_rwlock_t *l)
{
    return WITH_RWLOCK(l, REAL(pthread_rwlock_wrlock)(l));
}
CK_ALIAS(__pthread_rwlock_wrlock, pthread_rwlock_wrlock);

int pthread_rwlock_timedwrlock(pthread_rwlock_t *l,
                               const struct timespec *until)
{
    return WITH_RWLOCK(l, REAL(pthread_rwlock_timedwrlock)(l, until));
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t *l, clockid_t clock,
                               const struct timespec *until)
{
    return WITH_RWLOCK(l, REAL(pthread_rwlock_clockwrlock)(l, clock, until));
}

int pthread_rwlock_unlock(pthread_rwlock_t *l)
{
    return WITH_RWLOCK(l, REAL(pthread_rwlock_unlock)(l));
}
CK_ALIAS(__pthread_rwlock_unlock, pthread_rwlock_unlock);
