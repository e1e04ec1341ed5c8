/*
 * notify.c - mq_notify: notes what comes with the signal.
 *
 * The kernel tells who is to be told of a message, and by which signal, but
 * not the value that comes with it. It is noted before the kernel is asked:
 * the signal may come at once, and its handler ask again. When the kernel
 * refuses, what stood there comes back, unless somebody else has written by
 * then. Where there are too many queues an older one makes room; a checkpoint
 * refuses a queue of which nothing is noted.
 */
#include "runtime/interpose/wrap.h"

#include <mqueue.h>

#include "runtime/agent.h"
#include "runtime/interpose/peek.h"
#include "runtime/interpose/watch.h"

#define AGENT_MS 5000

struct ck_notified ck_notified[CK_NOTIFIED_MAX];

static struct ck_notified *slot_of(uint64_t ino)
{
    static uint32_t next;

    for (uint32_t i = 0; i < CK_NOTIFIED_MAX; i++) {
        uint64_t free = 0;

        if (__atomic_load_n(&ck_notified[i].ino, __ATOMIC_RELAXED) == ino)
            return &ck_notified[i];
        if (__atomic_compare_exchange_n(&ck_notified[i].ino, &free, ino, 0,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED) ||
            free == ino)
            return &ck_notified[i];
    }
    return &ck_notified[__atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) %
                        CK_NOTIFIED_MAX];
}

static struct ck_notified note_of(uint64_t ino, int q,
                                  const struct sigevent *ev)
{
    static uint32_t turns;

    return (struct ck_notified){
        .ino = ino,
        .value = (uint64_t)(uintptr_t)ev->sigev_value.sival_ptr,
        .fd = q,
        .how = ev->sigev_notify,
        .signo = ev->sigev_signo,
        .turn = __atomic_add_fetch(&turns, 1, __ATOMIC_RELAXED),
    };
}

void ck_notify_forget(void)
{
    for (uint32_t i = 0; i < CK_NOTIFIED_MAX; i++)
        ck_notified[i].ino = 0;
}

long ck_notify_again(int q, const struct sigevent *ev)
{
    struct stat st;
    long r = sys2(SYS_fstat, q, &st);

    if (r < 0)
        return r;
    *slot_of(st.st_ino) = note_of(st.st_ino, q, ev);
    return sys2(SYS_mq_notify, q, ev);
}

/* Another way (SIGEV_THREAD) is libc's own affair. The kernel forgets it all
 * when the process closes any descriptor of the queue: the agent of a child
 * has to have done so. */
long ck_notify(int q, const struct sigevent *ev)
{
    struct ck_notified *slot, before, now;
    struct stat st;
    long r;

    if (ev && !ck_readable(ev, sizeof *ev))
        return sys2(SYS_mq_notify, q, ev);
    if (ev)
        ck_agent_wait_table(AGENT_MS);
    if (!ev || sys2(SYS_fstat, q, &st) < 0 ||
        (ev->sigev_notify != SIGEV_SIGNAL && ev->sigev_notify != SIGEV_NONE))
        return sys2(SYS_mq_notify, q, ev);
    ck_busy();
    now = note_of(st.st_ino, q, ev);
    slot = slot_of(st.st_ino);
    before = *slot;
    *slot = now;
    r = sys2(SYS_mq_notify, q, ev);
    if (r < 0 && slot->turn == now.turn)
        *slot = before;
    ck_idle();
    return r;
}

int mq_notify(mqd_t q, const struct sigevent *ev)
{
    if (ck_rt.enabled && ev && ev->sigev_notify == SIGEV_THREAD)
        ck_agent_wait_table(AGENT_MS);
    if (!ck_rt.enabled || (ev && ev->sigev_notify == SIGEV_THREAD))
        return REAL(mq_notify)(q, ev);
    return (int)ck_ret(ck_notify(q, ev));
}
