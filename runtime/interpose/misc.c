/*
 * misc.c - numbers that hide in the arguments of general calls.
 * The third argument is fetched as libc fetches it, whatever it is.
 */
#include "runtime/interpose/wrap.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "runtime/thread.h"

/* Locks: what F_GETLK reports holds the owner's number, or -1 for an open
 * file description's. */
static int get_lock(int (*real)(int, int, ...), int fd, int cmd,
                    struct flock *l)
{
    int r;

    ck_busy();
    r = real(fd, cmd, l);
    if (r == 0 && l->l_type != F_UNLCK)
        l->l_pid = ck_out(l->l_pid);
    ck_idle();
    return r;
}

static int owner_ex(int (*real)(int, int, ...), int fd, int cmd,
                    struct f_owner_ex *o)
{
    struct f_owner_ex copy;
    int r;

    ck_busy();
    if (cmd == F_SETOWN_EX) {
        copy = *o;
        copy.pid = ck_in(o->pid);
        r = real(fd, cmd, &copy);
    } else {
        r = real(fd, cmd, o);
        if (r == 0)
            o->pid = ck_out(o->pid);
    }
    ck_idle();
    return r;
}

static int control(int (*real)(int, int, ...), int fd, int cmd, void *arg)
{
    switch (cmd) {
    case F_SETOWN:
        return CK_CALL(real(fd, cmd, ck_in_signed((pid_t)(long)arg)));
    case F_GETOWN:
        return CK_CALL(ck_out_signed(real(fd, cmd, arg)));
    case F_SETOWN_EX:
    case F_GETOWN_EX:
        return arg ? owner_ex(real, fd, cmd, arg) : real(fd, cmd, arg);
    case F_GETLK:
        return arg ? get_lock(real, fd, cmd, arg) : real(fd, cmd, arg);
    default:
        return real(fd, cmd, arg);
    }
}

int fcntl(int fd, int cmd, ...)
{
    va_list ap;
    void *arg;

    va_start(ap, cmd);
    arg = va_arg(ap, void *);
    va_end(ap);
    return control(REAL(fcntl), fd, cmd, arg);
}
CK_ALIAS(__fcntl, fcntl);

int fcntl64(int fd, int cmd, ...)
{
    va_list ap;
    void *arg;

    va_start(ap, cmd);
    arg = va_arg(ap, void *);
    va_end(ap);
    return control(REAL(fcntl64), fd, cmd, arg);
}

static int ioctl_set(int fd, unsigned long request, const int *arg)
{
    int value;

    ck_busy();
    value = request == TIOCSPGRP ? ck_in(*arg) : ck_in_signed(*arg);
    value = REAL(ioctl)(fd, request, &value);
    ck_idle();
    return value;
}

static int ioctl_get(int fd, unsigned long request, int *arg)
{
    int r;

    ck_busy();
    r = REAL(ioctl)(fd, request, arg);
    if (r == 0)
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
    if (arg) {
        switch (request) {
        case TIOCSPGRP:
        case FIOSETOWN:
        case SIOCSPGRP:
            return ioctl_set(fd, request, arg);
        case TIOCGPGRP:
        case TIOCGSID:
        case FIOGETOWN:
        case SIOCGPGRP:
            return ioctl_get(fd, request, arg);
        }
    }
    return REAL(ioctl)(fd, request, arg);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    struct ucred *c = value;
    int r;

    if (level != SOL_SOCKET || name != SO_PEERCRED)
        return REAL(getsockopt)(fd, level, name, value, len);
    ck_busy();
    r = REAL(getsockopt)(fd, level, name, value, len);
    if (r == 0 && *len >= sizeof(c->pid))
        c->pid = ck_out_speaker(c->pid);
    ck_idle();
    return r;
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

int prctl(int option, ...)
{
    va_list ap;
    unsigned long a[4];

    va_start(ap, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(ap, unsigned long);
    va_end(ap);
    if (option == PR_SET_PTRACER) {
        int r = CK_CALL(REAL(prctl)(option, (unsigned long)ck_in((int)a[0]),
                                    a[1], a[2], a[3]));

        if (r == 0) /* the kernel does not tell it again */
            ck_ptracer = (int)a[0];
        return r;
    }
    return REAL(prctl)(option, a[0], a[1], a[2], a[3]);
}
