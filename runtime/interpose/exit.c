/*
 * exit.c - the hidden thread ends before a process that has children does.
 *
 * The kernel tells a child that wants to know (PR_SET_PDEATHSIG) when the
 * thread ends that has made it, and gives it to a thread that is left, whose
 * end it tells, too. In a program of one thread the agent would be that
 * heir: each child would get the signal twice. So the agent is told to end
 * first, at the last moment: by what exit() runs after all that the program
 * has asked for, and in _exit().
 *
 * Who has no children, a vfork child among them, pays for one system call.
 * One that a signal ends gets past this. Then all threads are woken at once
 * and mostly none is left to be an heir.
 */
#include "runtime/interpose/exit.h"
#include "runtime/interpose/wrap.h"

#include <stdlib.h>

#include "runtime/agent.h"
#include "runtime/await.h"
#include "runtime/thread.h"

#define LEAVE_MS 2000 /* it may be waiting for an answer to its greeting */

static int have_children(void)
{
    return sys5(SYS_waitid, P_ALL, 0, NULL,
                WEXITED | WNOHANG | WNOWAIT | __WALL, NULL) != -ECHILD;
}

/* A vfork child has only its parent's memory. */
static int have_agent(void)
{
    return ck_agent_tid > 0 &&
           sys3(SYS_tgkill, ck_getpid(), ck_agent_tid, 0) == 0;
}

void ck_process_ends(void)
{
    if (!ck_rt.enabled || ck_await_is_confined() || !have_children() ||
        !have_agent())
        return;
    ck_agent_leave(CK_LEAVE_ENDING, LEAVE_MS);
}

static void at_exit(int status, void *arg)
{
    (void)status;
    (void)arg;
    ck_process_ends();
}

/* By on_exit(): what atexit() has noted for a library is called at the end of
 * that library. Asked for before the program begins it runs after all that the
 * program asks for. */
void ck_exit_begin(void)
{
    on_exit(at_exit, NULL);
    at_quick_exit(ck_process_ends);
}

void _exit(int status)
{
    ck_process_ends();
    REAL(_exit)(status);
    for (;;)
        sys1(SYS_exit_group, status);
}
CK_ALIAS(_Exit, _exit);
