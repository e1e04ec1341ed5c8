/*
 * syscall.c - syscall(): the calls whose arguments or results are process
 * numbers, or whose timeout is relative, by one table. All others go straight
 * to the kernel with all six arguments.
 */
#include "runtime/interpose/wrap.h"

#include <linux/futex.h>
#include <stdarg.h>

#include "runtime/interpose/namespace.h"
#include "runtime/interpose/undo.h"

/* A number in the first, in the second argument; its sign has a meaning; the
 * second argument is one if the first says process or group (0 and 1 or 1
 * and 2: getpriority and ioprio count differently); the result is one; a
 * relative timeout in argument 3, 4 or 5; something of its own. */
#define IN1 0x01
#define IN2 0x02
#define SIGN 0x04
#define WHO2 0x08
#define OUT 0x10
#define T(slot) (0x20 * ((slot)-1)) /* slots 2, 3, 4: 0x20 0x40 0x60 */
#define SPECIAL 0x80

static const uint8_t rules[512] = {
    [SYS_getpid] = OUT,
    [SYS_gettid] = OUT,
    [SYS_getppid] = OUT,
    [SYS_getpgrp] = OUT,
    [SYS_setsid] = OUT,
    [SYS_set_tid_address] = OUT,
    [SYS_getpgid] = IN1 | OUT,
    [SYS_getsid] = IN1 | OUT,
    [SYS_setpgid] = IN1 | IN2,
    [SYS_fork] = OUT,
    [SYS_clone] = OUT,
    [SYS_clone3] = OUT,
    [SYS_kill] = IN1 | SIGN,
    [SYS_tkill] = IN1,
    [SYS_tgkill] = IN1 | IN2,
    [SYS_rt_sigqueueinfo] = IN1,
    [SYS_rt_tgsigqueueinfo] = IN1 | IN2,
    [SYS_sched_setparam] = IN1,
    [SYS_sched_getparam] = IN1,
    [SYS_sched_setscheduler] = IN1,
    [SYS_sched_getscheduler] = IN1,
    [SYS_sched_setattr] = IN1,
    [SYS_sched_getattr] = IN1,
    [SYS_sched_rr_get_interval] = IN1,
    [SYS_sched_setaffinity] = IN1,
    [SYS_sched_getaffinity] = IN1,
    [SYS_getpriority] = WHO2,
    [SYS_setpriority] = WHO2,
    [SYS_ioprio_get] = WHO2,
    [SYS_ioprio_set] = WHO2,
    [SYS_prlimit64] = IN1,
    [SYS_process_vm_readv] = IN1,
    [SYS_process_vm_writev] = IN1,
    [SYS_kcmp] = IN1 | IN2,
    [SYS_pidfd_open] = IN1,
    [SYS_get_robust_list] = IN1,
    [SYS_migrate_pages] = IN1,
    [SYS_move_pages] = IN1,
    [SYS_ptrace] = IN2,
    [SYS_perf_event_open] = IN2,
    [SYS_unshare] = SPECIAL,
    [SYS_setns] = SPECIAL,
    [SYS_inotify_add_watch] = SPECIAL,
    [SYS_mq_notify] = SPECIAL,
    [SYS_open] = SPECIAL,
    [SYS_openat] = SPECIAL,
    [SYS_wait4] = SPECIAL,
    [SYS_waitid] = SPECIAL,
    [SYS_poll] = SPECIAL,
    [SYS_select] = SPECIAL,
    [SYS_epoll_wait] = SPECIAL,
    [SYS_epoll_pwait] = SPECIAL,
    [SYS_nanosleep] = SPECIAL,
    [SYS_clock_nanosleep] = SPECIAL,
    [SYS_futex] = SPECIAL,
    [SYS_rt_sigtimedwait] = SPECIAL,
    [SYS_ppoll] = T(2),
    [SYS_epoll_pwait2] = T(3),
    [SYS_shmget] = SPECIAL,
    [SYS_shmat] = SPECIAL,
    [SYS_shmctl] = SPECIAL,
    [SYS_semget] = SPECIAL,
    [SYS_semctl] = SPECIAL,
    [SYS_semop] = SPECIAL,
    [SYS_semtimedop] = SPECIAL,
    [SYS_msgget] = SPECIAL,
    [SYS_msgsnd] = SPECIAL,
    [SYS_msgrcv] = SPECIAL,
    [SYS_msgctl] = SPECIAL,
    [SYS_pselect6] = T(4),
};

/* The kernel changes ppoll's and pselect6's timespec; so it does here. */
static long timed(long nr, long a[6], int slot)
{
    struct timespec *t = (struct timespec *)a[slot];
    struct timespec left;
    long r;

    if (!ck_finite(t))
        return ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    r = ck_timed(nr, a, slot, t, &left, CLOCK_MONOTONIC, 0);
    if (nr == SYS_ppoll || nr == SYS_pselect6)
        *t = left;
    return r;
}

/* System V: by their wrappers too. */
static long sysv(long nr, const long a[6])
{
    switch (nr) {
    case SYS_shmget:
        return shmget((key_t)a[0], (size_t)a[1], (int)a[2]);
    case SYS_shmat:
        return (long)shmat((int)a[0], (const void *)a[1], (int)a[2]);
    case SYS_shmctl:
        return shmctl((int)a[0], (int)a[1], (struct shmid_ds *)a[2]);
    case SYS_semget:
        return semget((key_t)a[0], (int)a[1], (int)a[2]);
    case SYS_semctl:
        return semctl((int)a[0], (int)a[1], (int)a[2], (void *)a[3]);
    case SYS_semop:
        return semop((int)a[0], (struct sembuf *)a[1], (size_t)a[2]);
    case SYS_semtimedop:
        return semtimedop((int)a[0], (struct sembuf *)a[1], (size_t)a[2],
                          (const struct timespec *)a[3]);
    case SYS_msgget:
        return msgget((key_t)a[0], (int)a[1]);
    case SYS_msgsnd:
        return msgsnd((int)a[0], (const void *)a[1], (size_t)a[2],
                      (int)a[3]);
    case SYS_msgrcv:
        return msgrcv((int)a[0], (void *)a[1], (size_t)a[2], a[3], (int)a[4]);
    default:
        return msgctl((int)a[0], (int)a[1], (struct msqid_ds *)a[2]);
    }
}

/* Not by open(): that is a cancellation point. */
static long opens(long nr, const long a[6])
{
    long fd = ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);

    return ck_ret(ck_undo_opened((int)fd,
                                 (int)(nr == SYS_open ? a[1] : a[2])));
}

/* The calls that a wrapper of the same arguments handles; they set errno. */
static long special(long nr, long a[6])
{
    switch (nr) {
    case SYS_shmget:
    case SYS_shmat:
    case SYS_shmctl:
    case SYS_semget:
    case SYS_semctl:
    case SYS_semop:
    case SYS_semtimedop:
    case SYS_msgget:
    case SYS_msgsnd:
    case SYS_msgrcv:
    case SYS_msgctl:
        return sysv(nr, a);
    case SYS_unshare:
        return unshare((int)a[0]);
    case SYS_setns:
        return setns((int)a[0], (int)a[1]);
    case SYS_wait4:
        return wait4((pid_t)a[0], (int *)a[1], (int)a[2],
                     (struct rusage *)a[3]);
    case SYS_waitid:
        if (a[4])
            break; /* with a rusage, which libc's waitid has not */
        return waitid((idtype_t)a[0], (id_t)a[1], (siginfo_t *)a[2],
                      (int)a[3]);
    case SYS_open:
    case SYS_openat:
        return opens(nr, a);
    case SYS_inotify_add_watch:
        return inotify_add_watch((int)a[0], (const char *)a[1],
                                 (uint32_t)a[2]);
    case SYS_mq_notify:
        if (a[1] && ((struct sigevent *)a[1])->sigev_notify == SIGEV_THREAD)
            break; /* which is another thing here than in libc */
        return mq_notify((mqd_t)a[0], (struct sigevent *)a[1]);
    case SYS_poll:
        return poll((struct pollfd *)a[0], (nfds_t)a[1], (int)a[2]);
    case SYS_select:
        return select((int)a[0], (fd_set *)a[1], (fd_set *)a[2],
                      (fd_set *)a[3], (struct timeval *)a[4]);
    case SYS_epoll_wait:
        return epoll_wait((int)a[0], (struct epoll_event *)a[1], (int)a[2],
                          (int)a[3]);
    case SYS_epoll_pwait:
        return epoll_pwait((int)a[0], (struct epoll_event *)a[1], (int)a[2],
                           (int)a[3], (const sigset_t *)a[4]);
    case SYS_nanosleep:
        return nanosleep((const struct timespec *)a[0],
                         (struct timespec *)a[1]);
    case SYS_clock_nanosleep:
        return ck_ret(-clock_nanosleep((clockid_t)a[0], (int)a[1],
                                       (const struct timespec *)a[2],
                                       (struct timespec *)a[3]));
    case SYS_rt_sigtimedwait: {
        long r;

        ck_busy();
        r = timed(nr, a, 2);
        if (r > 0 && a[1])
            ck_siginfo_out((siginfo_t *)a[1]);
        ck_idle();
        return ck_ret(r);
    }
    case SYS_futex: /* of the waits only this one's timeout is relative */
        if ((a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT)
            return ck_ret(timed(nr, a, 3));
        break;
    }
    return ck_ret(ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]));
}

/* Has a call that returned 0 made a process with its own memory? */
static int is_child(long nr, const long a[6], unsigned long *flags)
{
    *flags = 0;
    if (nr == SYS_clone)
        *flags = (unsigned long)a[0];
    else if (nr == SYS_clone3) /* struct clone_args begins with them */
        *flags = *(const uint64_t *)a[0];
    else if (nr != SYS_fork)
        return 0;
    return !(*flags & CLONE_VM);
}

static long numbered(long nr, long a[6], unsigned int rule)
{
    /* PRIO_PROCESS 0, PRIO_PGRP 1; IOPRIO_WHO_PROCESS 1, _PGRP 2 */
    long first = nr == SYS_ioprio_get || nr == SYS_ioprio_set;
    unsigned long flags;
    long r;

    ck_busy();
    if (rule & IN1)
        a[0] = rule & SIGN ? ck_in_signed((pid_t)a[0]) : ck_in((pid_t)a[0]);
    if ((rule & IN2) ||
        ((rule & WHO2) && (a[0] == first || a[0] == first + 1)))
        a[1] = ck_in((pid_t)a[1]);
    r = ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    if ((rule & OUT) && r > 0)
        r = ck_out((pid_t)r);
    ck_idle();
    if (r == 0 && is_child(nr, a, &flags)) {
        ck_namespaces_made(flags);
        ck_child_alone();
    }
    return ck_ret(r);
}

long syscall(long number, ...)
{
    unsigned int rule;
    va_list ap;
    long a[6];

    va_start(ap, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(ap, long);
    va_end(ap);
    rule = (unsigned long)number < sizeof(rules) ? rules[number] : 0;
    if (__builtin_expect(!rule || !ck_rt.enabled, 1))
        return ck_ret(
            ck_syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]));
    if (rule & SPECIAL)
        return special(number, a);
    if (rule & 0x60)
        return ck_ret(timed(number, a, (int)(rule / 0x20) + 1));
    return numbered(number, a, rule);
}
