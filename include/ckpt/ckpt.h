/*
 * ckpt.h - a program asks for its own checkpoint.
 *
 * Nothing has to be linked: the functions below look for the runtime that
 * `ckpt launch` or the Slurm plugin has preloaded, and say -ENOTSUP where
 * there is none, so the same program runs with and without. For C and C++,
 * glibc 2.34 or later. Other languages find the symbols ckpt_rt_* in the
 * process, for example ctypes.CDLL(None).ckpt_rt_checkpoint(0) in Python.
 *
 * All functions may be called from any thread, not from a signal handler.
 * They never change errno, print, or end the process.
 */
#ifndef CKPT_CKPT_H
#define CKPT_CKPT_H

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Flags of ckpt_checkpoint. */
#define CKPT_NOWAIT 1 /* return once the request is accepted */

/* Results that are not errors. */
#define CKPT_TAKEN 0     /* the image set is committed; the run goes on */
#define CKPT_RESTARTED 1 /* this run was restarted from the image set */

static inline void *ckpt_find_(const char *name)
{
    return dlsym((void *)0, name);
}

/*
 * Takes an image set of the whole computation, as `ckpt checkpoint --wait`
 * does. Like fork() it may return more than once: CKPT_TAKEN in the run that
 * asked, CKPT_RESTARTED in each run that goes on from what was saved. With
 * CKPT_NOWAIT it returns CKPT_TAKEN as soon as the coordinator has accepted
 * the request; the checkpoint comes a moment later.
 *
 * Other threads and processes run on until they are stopped for the
 * checkpoint: bring the program into the state you want saved before.
 *
 * Errors: -ENOTSUP not under checkpoint control; -EBUSY another thread is
 * asking at this moment; -EINVAL an unknown flag; others as the coordinator
 * answers (something cannot be saved, no space, a process did not stop):
 * ckpt_reason tells in words. After an error the program runs on and the
 * older image set stands.
 */
static inline int ckpt_checkpoint(int flags)
{
    int (*fn)(int) = (int (*)(int))ckpt_find_("ckpt_rt_checkpoint");

    return fn ? fn(flags) : -ENOTSUP;
}

/* 1 under checkpoint control, 0 not. */
static inline int ckpt_enabled(void)
{
    int (*fn)(void) = (int (*)(void))ckpt_find_("ckpt_rt_enabled");

    return fn ? fn() : 0;
}

/* How many restarts this computation has behind it; 0 in its first run, and
 * when it is not under control. */
static inline unsigned ckpt_generation(void)
{
    unsigned (*fn)(void) = (unsigned (*)(void))ckpt_find_("ckpt_rt_generation");

    return fn ? fn() : 0;
}

/* Why the last ckpt_checkpoint of this process failed: one line, at most
 * cap - 1 bytes, always terminated; "" if it did not. The buffer is the
 * caller's. Returns the whole length. */
static inline size_t ckpt_reason(char *buf, size_t cap)
{
    size_t (*fn)(char *, size_t) =
        (size_t (*)(char *, size_t))ckpt_find_("ckpt_rt_reason");

    if (fn)
        return fn(buf, cap);
    if (cap)
        buf[0] = '\0';
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
