/*
 * syscall.c - syscall(): the calls whose arguments or results are process
 * numbers, or whose timeout is relative, by one table. All others go straight
 * to the kernel with all six arguments.
 *
 * So do these, translated: never by a function that has a public name. Who
 * has taken over that name (UCX: shmat, by its own definition, by relocation
 * tables, by a jump written into libc) makes the call here. Nor is anything
 * here a cancellation point.
 */
#include "runtime/interpose/wrap.h"

#include <linux/sched.h>
#include <stdarg.h>

#include "runtime/await.h"
#include "runtime/interpose/exit.h"
#include "runtime/interpose/namespace.h"
#include "runtime/interpose/peek.h"
#include "runtime/interpose/undo.h"
#include "runtime/interpose/watch.h"
#include "runtime/siginfo.h"
#include "runtime/virt/sysv.h"

/* A number in the first, in the second argument; its sign has a meaning; the
 * second argument is one if the first says process or group (0 and 1 or 1
 * and 2: getpriority and ioprio count differently); the result is one; the
 * call has a relative timeout, or System V ids; something of its own. A path is
 * the first or the second argument; the number is hidden (misc.c, message.c).
 */
#define IN1 0x01
#define IN2 0x02
#define SIGN 0x04
#define WHO2 0x08
#define OUT 0x10
#define TIME 0x20
#define IPC 0x40
#define PATH1 0x100
#define PATH2 0x200
#define MISC 0x400
#define MESSAGE 0x800
#define NUMBERED 0x1000 /* in a structure */
#define SPECIAL 0x80

#define RULES 512

static const uint16_t rules[RULES] = {
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
    [SYS_pidfd_send_signal] = NUMBERED,
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
    [SYS_timer_create] = SPECIAL,
    [SYS_open] = PATH1 | SPECIAL,
    [SYS_openat] = PATH2 | SPECIAL,
    [SYS_openat2] = PATH2,
    [SYS_stat] = PATH1,
    [SYS_lstat] = PATH1,
    [SYS_newfstatat] = PATH2,
    [SYS_statx] = PATH2,
    [SYS_readlink] = PATH1,
    [SYS_readlinkat] = PATH2,
    [SYS_access] = PATH1,
    [SYS_faccessat] = PATH2,
    [SYS_faccessat2] = PATH2,
    [SYS_fcntl] = MISC,
    [SYS_ioctl] = MISC,
    [SYS_getsockopt] = MISC,
    [SYS_prctl] = MISC,
    [SYS_sendmsg] = MESSAGE,
    [SYS_recvmsg] = MESSAGE,
    [SYS_sendmmsg] = MESSAGE,
    [SYS_recvmmsg] = MESSAGE,
    [SYS_wait4] = SPECIAL,
    [SYS_waitid] = SPECIAL,
    [SYS_poll] = TIME,
    [SYS_select] = TIME,
    [SYS_epoll_wait] = TIME,
    [SYS_epoll_pwait] = TIME,
    [SYS_nanosleep] = TIME,
    [SYS_clock_nanosleep] = TIME,
    [SYS_futex] = TIME,
    [SYS_rt_sigtimedwait] = SPECIAL,
    [SYS_ppoll] = TIME,
    [SYS_epoll_pwait2] = TIME,
    [SYS_shmget] = IPC,
    [SYS_shmat] = IPC,
    [SYS_shmctl] = IPC,
    [SYS_semget] = IPC,
    [SYS_semctl] = IPC,
    [SYS_semop] = IPC,
    [SYS_semtimedop] = TIME,
    [SYS_msgget] = IPC,
    [SYS_msgsnd] = IPC,
    [SYS_msgrcv] = IPC,
    [SYS_msgctl] = IPC,
    [SYS_pselect6] = TIME,
    [SYS_exit] = SPECIAL,
    [SYS_exit_group] = SPECIAL,
    [SYS_seccomp] = SPECIAL,
};

static long special(long nr, long a[6])
{
    long r;

    switch (nr) {
    case SYS_unshare:
    case SYS_setns:
        return ck_namespaces_enter(nr, a[0], a[1]);
    case SYS_wait4:
        return ck_wait4((pid_t)a[0], (int *)a[1], (int)a[2],
                        (struct rusage *)a[3]);
    case SYS_waitid:
        return ck_waitid((idtype_t)a[0], (id_t)a[1], (siginfo_t *)a[2],
                         (int)a[3], (struct rusage *)a[4]);
    case SYS_inotify_add_watch:
        ck_watched_note((const char *)a[1]);
        break;
    case SYS_mq_notify:
        return ck_notify((int)a[0], (const struct sigevent *)a[1]);
    case SYS_timer_create:
        return ck_timer_call(a);
    case SYS_rt_sigtimedwait:
        ck_busy();
        r = ck_sigtimedwait(a, 0);
        if (r > 0 && a[1])
            ck_siginfo_out((siginfo_t *)a[1]);
        ck_idle();
        return r;
    case SYS_open:
    case SYS_openat:
        r = ck_path_call(nr, a, nr == SYS_open ? 0 : 1);
        return ck_undo_opened((int)r, (int)(nr == SYS_open ? a[1] : a[2]));
    case SYS_exit:
        ck_await_expect((int)a[0]);
        break;
    case SYS_exit_group:
        ck_process_ends();
        break;
    case SYS_seccomp:
        ck_await_confined();
        break;
    }
    return ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* What clone and clone3 were told, after they have been; else 0. */
static unsigned long clone_flags(long nr, const long a[6], int32_t **parent)
{
    const struct clone_args *c = (const struct clone_args *)a[0];

    *parent = NULL;
    if (nr != SYS_clone && nr != SYS_clone3)
        return 0;
    *parent = (int32_t *)(nr == SYS_clone ? (uint64_t)a[2] : c->parent_tid);
    return nr == SYS_clone ? (unsigned long)a[0] : c->flags;
}

/* A child with memory of its own, or its maker, which finds its number in two
 * places. */
static void made(long nr, const long a[6], long r)
{
    int32_t *parent;
    unsigned long flags;

    if (nr != SYS_fork && nr != SYS_clone && nr != SYS_clone3)
        return;
    flags = clone_flags(nr, a, &parent);
    if (r > 0 && (flags & CLONE_PARENT_SETTID) &&
        ck_writable(parent, sizeof *parent))
        *parent = (int32_t)r;
    if (r == 0 && !(flags & CLONE_VM)) {
        ck_namespaces_made(flags);
        ck_child_alone();
    }
}

static long numbered(long nr, long a[6], unsigned int rule)
{
    /* PRIO_PROCESS 0, PRIO_PGRP 1; IOPRIO_WHO_PROCESS 1, _PGRP 2 */
    long first = nr == SYS_ioprio_get || nr == SYS_ioprio_set;
    siginfo_t own;
    long r, *info = nr == SYS_rt_sigqueueinfo || nr == SYS_pidfd_send_signal
                        ? &a[2]
                    : nr == SYS_rt_tgsigqueueinfo ? &a[3]
                                                  : NULL;

    ck_busy();
    if (info && ck_virt_active &&
        ck_readable((const void *)*info, sizeof own) &&
        ck_siginfo_numbered((const siginfo_t *)*info)) {
        own = *(const siginfo_t *)*info;
        own.si_pid = ck_in(own.si_pid);
        *info = (long)&own;
    }
    if (rule & IN1)
        a[0] = rule & SIGN ? ck_in_signed((pid_t)a[0]) : ck_in((pid_t)a[0]);
    if ((rule & IN2) ||
        ((rule & WHO2) && (a[0] == first || a[0] == first + 1)))
        a[1] = ck_in((pid_t)a[1]);
    r = ck_syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    if ((rule & OUT) && r > 0)
        r = ck_out((pid_t)r);
    if (r > 0)
        made(nr, a, r);
    ck_idle();
    if (r == 0)
        made(nr, a, r);
    return r;
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
    rule = (unsigned long)number < RULES ? rules[number] : 0;
    if (__builtin_expect(!rule || !ck_rt.enabled, 1))
        return ck_ret(
            ck_syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]));
    if (rule & SPECIAL)
        return ck_ret(special(number, a));
    if (rule & (PATH1 | PATH2))
        return ck_ret(ck_path_call(number, a, rule & PATH1 ? 0 : 1));
    if (rule & TIME)
        return ck_ret(ck_timed_call(number, a));
    if (rule & IPC)
        return ck_ret(ck_sysv_call(number, a));
    if (rule & MISC)
        return ck_ret(ck_misc_call(number, a));
    if (rule & MESSAGE)
        return ck_ret(ck_message_call(number, a));
    return ck_ret(numbered(number, a, rule));
}
