/*
 * misc.c - numbers that hide in the arguments of general calls.
 * The third argument is fetched as libc fetches it, whatever it is.
 */
#include "runtime/interpose/wrap.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "runtime/await.h"
#include "runtime/interpose/peek.h"
#include "runtime/thread.h"

/* What the kernel returns. Only what names a process is looked at; F_GETLK
 * reports the owner's number, or -1 for an open file description's. */
static long control(long fd, long cmd, long arg)
{
    struct f_owner_ex *o = (struct f_owner_ex *)arg, copy;
    struct flock *l = (struct flock *)arg;
    long r;

    ck_busy();
    switch (cmd) {
    case F_SETOWN:
        r = sys3(SYS_fcntl, fd, cmd, ck_in_signed((pid_t)arg));
        break;
    case F_GETOWN: /* the group 4095 would look like an error */
        r = sys3(SYS_fcntl, fd, F_GETOWN_EX, &copy);
        if (r == 0)
            r = copy.type == F_OWNER_PGRP ? -ck_out(copy.pid)
                                          : ck_out(copy.pid);
        break;
    case F_SETOWN_EX:
        if (ck_readable(o, sizeof *o)) {
            copy = *o;
            copy.pid = ck_in(o->pid);
            o = &copy;
        }
        r = sys3(SYS_fcntl, fd, cmd, o);
        break;
    case F_GETOWN_EX:
        r = sys3(SYS_fcntl, fd, cmd, o);
        if (r == 0)
            o->pid = ck_out(o->pid);
        break;
    case F_GETLK:
        r = sys3(SYS_fcntl, fd, cmd, l);
        if (r == 0 && l->l_type != F_UNLCK)
            l->l_pid = ck_out(l->l_pid);
        break;
    default:
        r = sys3(SYS_fcntl, fd, cmd, arg);
    }
    ck_idle();
    return r;
}

/* What libc does with F_GETOWN is more than the kernel's call. */
static int controlled(int (*real)(int, int, ...), int fd, int cmd, void *arg)
{
    if (cmd == F_GETOWN)
        return CK_CALL(ck_out_signed(real(fd, cmd, arg)));
    if (ck_rt.enabled && (cmd == F_SETOWN || cmd == F_SETOWN_EX ||
                          cmd == F_GETOWN_EX || cmd == F_GETLK))
        return (int)ck_ret(control(fd, cmd, (long)arg));
    return real(fd, cmd, arg);
}

int fcntl(int fd, int cmd, ...)
{
    va_list ap;
    void *arg;

    va_start(ap, cmd);
    arg = va_arg(ap, void *);
    va_end(ap);
    return controlled(REAL(fcntl), fd, cmd, arg);
}
CK_ALIAS(__fcntl, fcntl);

int fcntl64(int fd, int cmd, ...)
{
    va_list ap;
    void *arg;

    va_start(ap, cmd);
    arg = va_arg(ap, void *);
    va_end(ap);
    return controlled(REAL(fcntl64), fd, cmd, arg);
}

/* Requests that a process or a group goes in with, and comes out of. */
static int goes_in(unsigned long request)
{
    return request == TIOCSPGRP || request == FIOSETOWN ||
           request == SIOCSPGRP;
}

static int comes_out(unsigned long request)
{
    return request == TIOCGPGRP || request == TIOCGSID ||
           request == FIOGETOWN || request == SIOCGPGRP;
}

static long numbered_ioctl(long fd, unsigned long request, int *arg)
{
    int value, in = goes_in(request) && ck_readable(arg, sizeof *arg);
    long r;

    ck_busy();
    if (in)
        value = request == TIOCSPGRP ? ck_in(*arg) : ck_in_signed(*arg);
    r = sys3(SYS_ioctl, fd, request, in ? &value : arg);
    if (r == 0 && comes_out(request))
        *arg = ck_out_signed(*arg);
    ck_idle();
    return r;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list ap;
    void *arg;

    va_start(ap, request);
    arg = va_arg(ap, void *);
    va_end(ap);
    if (ck_rt.enabled && (goes_in(request) || comes_out(request)))
        return (int)ck_ret(numbered_ioctl(fd, request, arg));
    return REAL(ioctl)(fd, request, arg);
}

static long peer(long fd, long level, long name, void *value, socklen_t *len)
{
    struct ucred *c = value;
    long r;

    ck_busy();
    r = sys5(SYS_getsockopt, fd, level, name, value, len);
    if (r == 0 && level == SOL_SOCKET && name == SO_PEERCRED &&
        *len >= sizeof(c->pid))
        c->pid = ck_out_speaker(c->pid);
    ck_idle();
    return r;
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    if (ck_rt.enabled && level == SOL_SOCKET && name == SO_PEERCRED)
        return (int)ck_ret(peer(fd, level, name, value, len));
    return REAL(getsockopt)(fd, level, name, value, len);
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *local,
                         unsigned long nlocal, const struct iovec *remote,
                         unsigned long nremote, unsigned long flags)
{
    return CK_CALL(REAL(process_vm_readv)(ck_in(pid), local, nlocal, remote,
                                          nremote, flags));
}

ssize_t process_vm_writev(pid_t pid, const struct iovec *local,
                          unsigned long nlocal, const struct iovec *remote,
                          unsigned long nremote, unsigned long flags)
{
    return CK_CALL(REAL(process_vm_writev)(ck_in(pid), local, nlocal, remote,
                                           nremote, flags));
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list ap;
    pid_t pid;
    void *addr, *data, *data2;

    va_start(ap, request);
    pid = va_arg(ap, pid_t);
    addr = va_arg(ap, void *);
    data = va_arg(ap, void *);
    data2 = va_arg(ap, void *);
    va_end(ap);
    return CK_CALL(REAL(ptrace)(request, ck_in(pid), addr, data, data2));
}

/* The kernel does not tell it again. */
static long ptracer(const unsigned long a[4])
{
    long r = CK_CALL(sys5(SYS_prctl, PR_SET_PTRACER,
                          (unsigned long)ck_in((int)a[0]), a[1], a[2], a[3]));

    if (r == 0)
        ck_ptracer = (int)a[0];
    return r;
}

int prctl(int option, ...)
{
    va_list ap;
    unsigned long a[4];

    va_start(ap, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(ap, unsigned long);
    va_end(ap);
    if (ck_rt.enabled && option == PR_SET_PTRACER)
        return (int)ck_ret(ptracer(a));
    if (option == PR_SET_SECCOMP)
        ck_await_confined();
    return REAL(prctl)(option, a[0], a[1], a[2], a[3]);
}

long ck_misc_call(long nr, const long a[6])
{
    switch (nr) {
    case SYS_fcntl:
        return control(a[0], (int)a[1], a[2]);
    case SYS_ioctl:
        return numbered_ioctl(a[0], (unsigned int)a[1], (int *)a[2]);
    case SYS_getsockopt:
        return peer(a[0], (int)a[1], (int)a[2], (void *)a[3],
                    (socklen_t *)a[4]);
    default: /* SYS_prctl */
        if ((int)a[0] == PR_SET_SECCOMP)
            ck_await_confined();
        return (int)a[0] == PR_SET_PTRACER
                   ? ptracer((const unsigned long *)&a[1])
                   : sys5(nr, a[0], a[1], a[2], a[3], a[4]);
    }
}
