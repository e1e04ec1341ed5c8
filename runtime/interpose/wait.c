/*
 * wait.c - waiting for children.
 *
 * All of wait, waitpid, wait3 and wait4 are the one system call, made here
 * with the translated number in a register: a thread that a restart finds
 * blocked in it gets that register translated anew. Where a handler had
 * interrupted the call the old number lies in a signal frame instead; then
 * the kernel says ECHILD after the restart, and the call is made again if a
 * table was loaded since the number was translated.
 */
#include "runtime/interpose/wrap.h"

long ck_wait4(pid_t pid, int *status, int options, struct rusage *ru)
{
    unsigned int loads;
    long r;

    do {
        loads = ck_virt_loads;
        ck_busy();
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

long ck_waitid(idtype_t type, id_t id, siginfo_t *info, int options,
               struct rusage *ru)
{
    int numbered = type == P_PID || type == P_PGID;
    unsigned int loads;
    long r;

    do {
        loads = ck_virt_loads;
        ck_busy();
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
