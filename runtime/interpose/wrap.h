/*
 * wrap.h - what the wrappers share.
 *
 * A wrapper is called by the program in any context in which it may call
 * the libc function: in signal handlers, in vfork children, before our own
 * constructor has run. It takes no lock and allocates nothing that the libc
 * function would not, and leaves errno as the libc function leaves it.
 *
 * The window: between the translation of a number and the system call (and
 * between the system call and the translation of its result) a restart would
 * make the number wrong. ck_busy() and ck_idle() enclose it; the tracer lets
 * a thread that is inside, and not blocked in the kernel, run on. It is a
 * flag and no counter: a handler that leaves by siglongjmp() leaves it set,
 * and the next wrapper puts that right. Who leaves a window waits if
 * the tracer asks for it (rest.c).
 */
#ifndef CKPT_RUNTIME_INTERPOSE_WRAP_H
#define CKPT_RUNTIME_INTERPOSE_WRAP_H

#include <errno.h>

#include "lib/sys/syscall.h"
#include "runtime/interpose/real.h"
#include "runtime/runtime.h"

/* Exports `name` as another name of `of`, which this file defines. */
#define CK_ALIAS(name, of)                                                  \
    extern CK_EXPORT __typeof__(of) name                                    \
        __attribute__((copy(of), alias(#of)))

static inline void ck_busy(void)
{
    ck_virt_busy = 1;
    __asm__ volatile("" ::: "memory");
}

static inline void ck_idle(void)
{
    __asm__ volatile("" ::: "memory");
    ck_virt_busy = 0;
    if (__builtin_expect(ck_rest_wanted != 0, 0))
        ck_rest();
}

/* Code in which no thread is left, see ck_in_passing. */
#define CK_ENTRY __attribute__((section("ck_entry"), noinline))

/* virt.c: how often a table was loaded. */
extern CK_HIDDEN unsigned int ck_virt_loads;

/* A whole call inside the window. */
#define CK_CALL(expr)                                                       \
    __extension__({                                                         \
        ck_busy();                                                          \
        __typeof__(expr) ck_r_ = (expr);                                    \
        ck_idle();                                                          \
        ck_r_;                                                              \
    })

/* To the kernel, and from it; only between ck_busy() and ck_idle(). */
static inline pid_t ck_in(pid_t virt)
{
    return __builtin_expect(ck_virt_active, 0) ? ck_real_of(virt) : virt;
}

static inline pid_t ck_in_signed(pid_t virt)
{
    return __builtin_expect(ck_virt_active, 0) ? ck_real_signed(virt) : virt;
}

static inline pid_t ck_out(pid_t real)
{
    return __builtin_expect(ck_virt_active, 0) ? ck_virt_of(real) : real;
}

/* What a socket tells of its peer or of a sender. */
static inline pid_t ck_out_speaker(pid_t real)
{
    return __builtin_expect(ck_virt_active, 0) ? ck_virt_speaker(real) : real;
}

static inline pid_t ck_out_signed(pid_t real)
{
    return __builtin_expect(ck_virt_active, 0) ? ck_virt_signed(real) : real;
}

/* A kernel result as libc returns it. */
static inline long ck_ret(long r)
{
    if (!sys_failed(r))
        return r;
    errno = (int)-r;
    return -1;
}

/* deadline.c: system call `nr` with args, args[slot] being a relative
 * timeout `t` that is kept as a deadline. A cancellation point if `cancel`.
 * `left`, if not NULL, gets what the kernel left in the timespec. Returns
 * what the kernel returns. ck_finite: is there something to keep? */
CK_HIDDEN long ck_timed(long nr, long args[6], int slot,
                        const struct timespec *t, struct timespec *left,
                        clockid_t clock, int cancel);
CK_HIDDEN int ck_finite(const struct timespec *t);
/* rt_sigtimedwait with arguments a, which may have no timeout. */
CK_HIDDEN long ck_sigtimedwait(const long a[6], int cancel);
/* The same for a `t` that may point nowhere, unless it is known to be there
 * (peek.h). */
CK_HIDDEN int ck_finite_asked(const struct timespec *t, int there);

/* By syscall(): what the kernel returns. proc.c: a call with a path in
 * a[slot]. deadline.c: one that may have a relative timeout. */
CK_HIDDEN long ck_timer_call(const long a[6]);
CK_HIDDEN long ck_misc_call(long nr, const long a[6]);
CK_HIDDEN long ck_message_call(long nr, const long a[6]);
CK_HIDDEN long ck_path_call(long nr, long a[6], int slot);
CK_HIDDEN long ck_timed_call(long nr, long a[6]);
CK_HIDDEN long ck_wait4(pid_t pid, int *status, int options,
                        struct rusage *ru);
CK_HIDDEN long ck_waitid(idtype_t type, id_t id, siginfo_t *info, int options,
                         struct rusage *ru);

/* signal.c: the numbers in what the kernel reported. Inside the window. */
CK_HIDDEN void ck_siginfo_out(siginfo_t *info);

/* process.c. This thread makes processes; inside the window. In a child with
 * memory of its own for which no fork handler ran: starts its agent. */
CK_HIDDEN void ck_note_maker(void);
CK_HIDDEN void ck_child_alone(void);

#endif
