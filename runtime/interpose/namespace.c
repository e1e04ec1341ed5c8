/*
 * namespace.c - unshare() and setns(), which starters of containers call.
 *
 * A process in other namespaces can't be saved (lib/tree/namespaces.c), but
 * it is to run. Some of these calls are for processes of one thread only: the
 * agent ends before them. If the process has moved none follows, and what it
 * executes gets none of our environment: in a container our library is hardly
 * there, and the linker would say so in the program's output.
 */
#include "runtime/interpose/namespace.h"
#include "runtime/interpose/wrap.h"

#include "runtime/agent.h"
#include "runtime/thread.h"

#define NEW_TIME 0x80 /* CLONE_NEWTIME; clone() has the signal there */
#define ONE_THREAD (CLONE_NEWUSER | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)
#define LEAVE_MS 15000 /* a checkpoint ends first */

void ck_namespaces_made(unsigned long flags)
{
    if (flags & CK_NAMESPACES)
        ck_rt.left = 1;
}

static long enter(long nr, long a, long b, int one_thread, int moves)
{
    /* One without an agent has memory that is another's (vfork), or left. */
    uint32_t threads = ck_rt.enabled && !ck_rt.left ? ck_thread_count() : 1;
    int alone = one_thread && threads == 2 &&
                ck_agent_leave(CK_LEAVE_ALONE, LEAVE_MS) == 0;
    long r = sys2(nr, a, b);

    if (!sys_failed(r) && moves && threads > 1)
        ck_rt.left = 1;
    else if (alone)
        ck_agent_start();
    return r;
}

long ck_namespaces_enter(long nr, long a, long b)
{
    if (nr == SYS_setns)
        return enter(nr, a, b, 1, 1);
    return enter(nr, a, 0, (a & ONE_THREAD) != 0,
                 (a & (CK_NAMESPACES | NEW_TIME)) != 0);
}

int unshare(int flags)
{
    return (int)ck_ret(ck_namespaces_enter(SYS_unshare, flags, 0));
}

int setns(int fd, int nstype)
{
    return (int)ck_ret(ck_namespaces_enter(SYS_setns, fd, nstype));
}
