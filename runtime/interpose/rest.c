/*
 * rest.c - where a thread waits that hurries from window to window.
 *
 * A thread inside a window (wrap.h) is let run, and stopped a moment later.
 * One that does little else than make processes is in the next window by
 * then, or in vfork, which can't be interrupted and ends in one. When that
 * has been so for some time, the tracer asks for rest: whoever leaves a
 * window waits, and is found there. A vfork or fork child, which may see the
 * question in its memory, is not meant.
 *
 * No libc, no errno.
 */
#include "runtime/interpose/wrap.h"

#include "runtime/thread.h"

CK_HIDDEN uint32_t ck_rest_wanted;

void ck_rest_ask(int32_t process)
{
    __atomic_store_n(&ck_rest_wanted, (uint32_t)process, __ATOMIC_RELEASE);
}

void ck_rest_over(void)
{
    __atomic_store_n(&ck_rest_wanted, 0, __ATOMIC_RELEASE);
    ck_futex_wake(&ck_rest_wanted, 1 << 30);
}

void ck_rest(void)
{
    uint32_t me = (uint32_t)ck_getpid();

    while (__atomic_load_n(&ck_rest_wanted, __ATOMIC_ACQUIRE) == me)
        ck_futex_wait(&ck_rest_wanted, me, -1);
}
