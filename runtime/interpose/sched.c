/*
 * sched.c - scheduling, priorities, limits and clocks of a numbered process.
 *
 * clock_getcpuclockid() of the caller itself gives the clock "of the
 * caller", which is the same after a restart; of another process it gives a
 * clock that holds that process's present number (docs/limits.md).
 */
#include "runtime/interpose/wrap.h"

int sched_setparam(pid_t pid, const struct sched_param *p)
{
    return CK_CALL(REAL(sched_setparam)(ck_in(pid), p));
}
CK_ALIAS(__sched_setparam, sched_setparam);

int sched_getparam(pid_t pid, struct sched_param *p)
{
    return CK_CALL(REAL(sched_getparam)(ck_in(pid), p));
}
CK_ALIAS(__sched_getparam, sched_getparam);

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *p)
{
    return CK_CALL(REAL(sched_setscheduler)(ck_in(pid), policy, p));
}
CK_ALIAS(__sched_setscheduler, sched_setscheduler);

int sched_getscheduler(pid_t pid)
{
    return CK_CALL(REAL(sched_getscheduler)(ck_in(pid)));
}
CK_ALIAS(__sched_getscheduler, sched_getscheduler);

int sched_rr_get_interval(pid_t pid, struct timespec *t)
{
    return CK_CALL(REAL(sched_rr_get_interval)(ck_in(pid), t));
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
    return CK_CALL(REAL(sched_setaffinity)(ck_in(pid), size, set));
}

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    return CK_CALL(REAL(sched_getaffinity)(ck_in(pid), size, set));
}

int sched_setattr(pid_t pid, struct sched_attr *attr, unsigned int flags)
{
    return (int)ck_ret(
        CK_CALL(sys3(SYS_sched_setattr, ck_in(pid), attr, flags)));
}

int sched_getattr(pid_t pid, struct sched_attr *attr, unsigned int size,
                  unsigned int flags)
{
    return (int)ck_ret(
        CK_CALL(sys4(SYS_sched_getattr, ck_in(pid), attr, size, flags)));
}

static id_t who_in(__priority_which_t which, id_t who)
{
    return which == PRIO_PROCESS || which == PRIO_PGRP
               ? (id_t)ck_in((pid_t)who)
               : who;
}

int getpriority(__priority_which_t which, id_t who)
{
    return CK_CALL(REAL(getpriority)(which, who_in(which, who)));
}

int setpriority(__priority_which_t which, id_t who, int prio)
{
    return CK_CALL(REAL(setpriority)(which, who_in(which, who), prio));
}

int prlimit(pid_t pid, enum __rlimit_resource resource,
            const struct rlimit *set, struct rlimit *old)
{
    return CK_CALL(REAL(prlimit)(ck_in(pid), resource, set, old));
}

int prlimit64(pid_t pid, enum __rlimit_resource resource,
              const struct rlimit64 *set, struct rlimit64 *old)
{
    return CK_CALL(REAL(prlimit64)(ck_in(pid), resource, set, old));
}

int clock_getcpuclockid(pid_t pid, clockid_t *clock)
{
    int r;

    ck_busy();
    pid = ck_in(pid);
    if (ck_rt.enabled && pid == (pid_t)sys0(SYS_getpid))
        pid = 0;
    r = REAL(clock_getcpuclockid)(pid, clock);
    ck_idle();
    return r;
}
