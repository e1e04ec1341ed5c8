/*
 * process.c - new processes: the parent gets the child's number as it will
 * know it. vfork() is in vfork.S, posix_spawn() and friends in spawn.c.
 *
 * libc's fork runs the handlers that the runtime's core registered, which
 * start the child's agent. _Fork() and clone() without CLONE_VM run none: a
 * child made by them that does not exec is unknown to the coordinator, which
 * refuses the checkpoint and names it (docs/limits.md).
 */
#include "runtime/interpose/wrap.h"

#include <stdarg.h>

static pid_t child_of(pid_t r)
{
    if (r == 0)
        ck_virt_forget_self();
    else if (r > 0)
        r = ck_out(r);
    ck_idle();
    return r;
}

pid_t fork(void)
{
    ck_busy();
    return child_of(REAL(fork)());
}
CK_ALIAS(__fork, fork);
CK_ALIAS(__libc_fork, fork);

pid_t _Fork(void)
{
    ck_busy();
    return child_of(REAL(_Fork)());
}

pid_t forkpty(int *amaster, char *name, const struct termios *termp,
              const struct winsize *winp)
{
    ck_busy();
    return child_of(REAL(forkpty)(amaster, name, termp, winp));
}

int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
    va_list ap;
    pid_t *ptid, *ctid;
    void *tls;
    int r;

    va_start(ap, arg);
    ptid = va_arg(ap, pid_t *);
    tls = va_arg(ap, void *);
    ctid = va_arg(ap, pid_t *);
    va_end(ap);
    ck_busy();
    r = REAL(clone)(fn, stack, flags, arg, ptid, tls, ctid);
    if (r > 0) {
        r = ck_out(r);
        if (flags & CLONE_PARENT_SETTID)
            *ptid = r;
    }
    ck_idle();
    return r;
}
CK_ALIAS(__clone, clone);

/* vfork.S, in the parent: what vfork() returns. The child shared our memory
 * and left through exec or _exit, so what it did to the flag is undone. */
CK_HIDDEN pid_t ck_vfork_parent(long r, int busy);

pid_t ck_vfork_parent(long r, int busy)
{
    pid_t pid = -1;

    ck_busy();
    if (sys_failed(r))
        errno = (int)-r;
    else
        pid = ck_out((pid_t)r);
    ck_virt_busy = busy;
    return pid;
}
