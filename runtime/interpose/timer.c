/*
 * timer.c - a timer that signals one thread names it by number. The kernel
 * keeps the thread, not the number, and the core makes the timer anew at a
 * restart.
 */
#include "runtime/interpose/wrap.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

int timer_create(clockid_t clock, struct sigevent *ev, timer_t *timer)
{
    struct sigevent copy;
    int r;

    ck_busy();
    if (ck_virt_active && ev && (ev->sigev_notify & SIGEV_THREAD_ID)) {
        copy = *ev;
        copy.sigev_notify_thread_id = ck_in(ev->sigev_notify_thread_id);
        ev = &copy;
    }
    r = REAL(timer_create)(clock, ev, timer);
    ck_idle();
    return r;
}
