/*
 * process.c - new processes: the parent gets the child's number as it will
 * know it. vfork() is in vfork.S, posix_spawn() and friends in spawn.c.
 *
 * libc's fork runs the handlers that the runtime's core registered, which
 * start the child's agent. _Fork(), clone() and syscall() run none: there the
 * agent is started here if the child has memory of its own. A child that
 * shares our memory is a vfork child by another name: it will exec.
 *
 * Which threads make processes is noted: the kernel tells only which of them
 * have one now, and who stops them (stop.c) has to know whom SIGCHLD is for.
 */
#include "runtime/interpose/wrap.h"

#include <stdarg.h>

#include "runtime/agent.h"
#include "runtime/await.h"
#include "runtime/interpose/namespace.h"
#include "runtime/interpose/peek.h"
#include "runtime/thread.h"

#define MAKERS 64 /* when there are more, some are forgotten */

static int32_t makers[MAKERS]; /* real numbers of threads, or 0 */
static __thread unsigned int noted; /* in this run */

/* Without a lock: two that write to one place lose one. */
void ck_note_maker(void)
{
    unsigned int run = ck_virt_loads + 1;
    int32_t tid;

    if (noted == run || !ck_rt.enabled)
        return;
    noted = run;
    tid = ck_gettid();
    for (unsigned int i = 0; i < MAKERS; i++) {
        unsigned int at = ((unsigned int)tid + i) % MAKERS;

        if (i == MAKERS - 1 || !makers[at] || makers[at] == tid) {
            makers[at] = tid;
            return;
        }
    }
}

int ck_makes_processes(int32_t tid)
{
    for (unsigned int i = 0; i < MAKERS; i++)
        if (makers[i] == tid)
            return 1;
    return 0;
}

static pid_t child_of(pid_t r)
{
    if (r > 0) {
        r = ck_out(r);
        ck_note_maker();
    }
    ck_idle();
    return r;
}

void ck_child_alone(void)
{
    if (ck_rt.enabled) {
        ck_virt_forget_self();
        ck_agent_after_fork();
    }
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
    pid_t r;

    ck_busy();
    r = child_of(REAL(_Fork)());
    if (r == 0)
        ck_child_alone();
    return r;
}

pid_t forkpty(int *amaster, char *name, const struct termios *termp,
              const struct winsize *winp)
{
    ck_busy();
    return child_of(REAL(forkpty)(amaster, name, termp, winp));
}

struct start {
    int (*fn)(void *);
    void *arg;
    int flags;
};

static int start_alone(void *arg)
{
    const struct start *s = arg; /* in the child's copy of our stack */
    int r;

    ck_namespaces_made((unsigned)s->flags);
    ck_child_alone();
    r = s->fn(s->arg);
    ck_await_expect(r); /* libc's clone() ends this thread, not the process */
    return r;
}

int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
    va_list ap;
    struct start alone = {fn, arg, flags};
    pid_t *ptid, *ctid;
    void *tls;
    int r;

    va_start(ap, arg);
    ptid = va_arg(ap, pid_t *);
    tls = va_arg(ap, void *);
    ctid = va_arg(ap, pid_t *);
    va_end(ap);
    if (fn && !(flags & CLONE_VM)) {
        fn = start_alone;
        arg = &alone;
    }
    ck_busy();
    r = REAL(clone)(fn, stack, flags, arg, ptid, tls, ctid);
    if (r > 0) {
        r = ck_out(r);
        ck_note_maker();
        if ((flags & CLONE_PARENT_SETTID) && ck_writable(ptid, sizeof *ptid))
            *ptid = r; /* the kernel, too, leaves it if it can't */
    }
    ck_idle();
    return r;
}
CK_ALIAS(__clone, clone);

/* vfork.S, in the parent, inside the window: what vfork() returns. The child
 * shared our memory and left through exec or _exit, so what it did to the
 * flag is undone. */
CK_HIDDEN pid_t ck_vfork_parent(long r, int busy);

pid_t ck_vfork_parent(long r, int busy)
{
    pid_t pid = -1;

    if (sys_failed(r))
        errno = (int)-r;
    else
        pid = ck_out((pid_t)r);
    ck_note_maker();
    ck_virt_busy = busy;
    if (!busy)
        ck_idle();
    return pid;
}
