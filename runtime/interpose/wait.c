/*
 * wait.c - waiting for children.
 *
 * All of wait, waitpid, wait3 and wait4 are the one system call, made here
 * with the translated number in a register: a thread that a restart finds
 * blocked in it gets that register translated anew. Where a handler had
 * interrupted the call the old number lies in a signal frame instead; then
 * the kernel says ECHILD after the restart, and the call is made again if a
 * table was loaded since the number was translated.
 *
 * A process that adopts orphans (PR_SET_CHILD_SUBREAPER, the first one of a
 * container) adopts ours, too: who writes the image of a process that has
 * ended. The kernel makes children like any other of them. So where such a
 * process waits for anybody, it is looked first who there is to be reported:
 * what is said of ours is taken, and nobody hears of it.
 */
#include "runtime/interpose/wrap.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/sys/ours.h"
#include "runtime/interpose/peek.h"

static int adopts(void)
{
    int yes = 0;

    sys2(SYS_prctl, PR_GET_CHILD_SUBREAPER, &yes);
    return yes || sys0(SYS_getpid) == 1;
}

/* The real number of the next child of the program's own that there is
 * something to report of; it stays to be reported. 0: none (WNOHANG). */
static long next_of(idtype_t type, id_t id, int options)
{
    siginfo_t info;
    long r;

    for (;;) {
        info.si_pid = 0;
        r = sys5(SYS_waitid, type, id, &info, options | WNOWAIT, NULL);
        if (r < 0 || !ck_ours(info.si_pid))
            return r < 0 ? r : info.si_pid;
        sys5(SYS_waitid, P_PID, info.si_pid, &info,
             (options & ~WNOWAIT) | WNOHANG, NULL);
    }
}

/* As wait4 of anybody, by its real number. Another thread may have taken what
 * was seen. */
static long wait_for_own(pid_t pid, int *status, int options,
                         struct rusage *ru)
{
    idtype_t type = pid == -1 ? P_ALL : P_PGID;
    long r;

    do {
        r = next_of(type, pid < -1 ? (id_t)-pid : 0, options | WEXITED);
        if (r > 0)
            r = sys4(SYS_wait4, r, status, options | WNOHANG, ru);
        else
            return r;
    } while (r == 0 || r == -ECHILD);
    return r;
}

long ck_wait4(pid_t pid, int *status, int options, struct rusage *ru)
{
    unsigned int loads;
    long r;

    do {
        loads = ck_virt_loads;
        ck_busy();
        if (pid <= 0 && adopts())
            r = wait_for_own(ck_in_signed(pid), status, options, ru);
        else
            r = sys4(SYS_wait4, ck_in_signed(pid), status, options, ru);
        if (r > 0)
            r = ck_out((pid_t)r);
        ck_idle();
    } while (r == -ECHILD && loads != ck_virt_loads);
    return r;
}

static pid_t wait_for(pid_t pid, int *status, int options, struct rusage *ru)
{
    int type;
    long r;

    LIBC(pthread_setcanceltype)(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
    r = ck_wait4(pid, status, options, ru);
    LIBC(pthread_setcanceltype)(type, NULL);
    return (pid_t)ck_ret(r);
}

pid_t wait(int *status)
{
    if (!ck_rt.enabled)
        return REAL(wait)(status);
    return wait_for(-1, status, 0, NULL);
}
CK_ALIAS(__wait, wait);

pid_t waitpid(pid_t pid, int *status, int options)
{
    if (!ck_rt.enabled)
        return REAL(waitpid)(pid, status, options);
    return wait_for(pid, status, options, NULL);
}
CK_ALIAS(__waitpid, waitpid);

pid_t wait3(int *status, int options, struct rusage *ru)
{
    if (!ck_rt.enabled)
        return REAL(wait3)(status, options, ru);
    return wait_for(-1, status, options, ru);
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *ru)
{
    if (!ck_rt.enabled)
        return REAL(wait4)(pid, status, options, ru);
    return wait_for(pid, status, options, ru);
}

/* The same by waitid. Of nobody it says what the kernel says then. */
static long wait_by_id(idtype_t type, id_t id, siginfo_t *info, int options,
                       struct rusage *ru)
{
    siginfo_t own;
    long r;

    do {
        own = (siginfo_t){0};
        r = next_of(type, id, options);
        if (r > 0)
            r = sys5(SYS_waitid, P_PID, r, &own, options | WNOHANG, ru);
        else if (r < 0)
            return r;
        else
            break;
    } while (r == -ECHILD || (r == 0 && !own.si_pid));
    if (r || !info)
        return r;
    if (!ck_writable(info, sizeof own))
        return -EFAULT;
    *info = own;
    return 0;
}

long ck_waitid(idtype_t type, id_t id, siginfo_t *info, int options,
               struct rusage *ru)
{
    int numbered = type == P_PID || type == P_PGID;
    unsigned int loads;
    long r;

    do {
        loads = ck_virt_loads;
        ck_busy();
        if ((type == P_ALL || type == P_PGID) && adopts())
            r = wait_by_id(type, numbered ? (id_t)ck_in((pid_t)id) : id, info,
                           options, ru);
        else
            r = sys5(SYS_waitid, type, numbered ? (id_t)ck_in((pid_t)id) : id,
                     info, options, ru);
        if (r == 0 && info)
            info->si_pid = ck_out(info->si_pid);
        ck_idle();
    } while (r == -ECHILD && loads != ck_virt_loads);
    return r;
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    int cancel;
    long r;

    if (!ck_rt.enabled)
        return REAL(waitid)(type, id, info, options);
    LIBC(pthread_setcanceltype)(PTHREAD_CANCEL_ASYNCHRONOUS, &cancel);
    r = ck_waitid(type, id, info, options, NULL);
    LIBC(pthread_setcanceltype)(cancel, NULL);
    return (int)ck_ret(r);
}
