/*
 * message.c - the number of the sender in messages of Unix sockets
 * (SCM_CREDENTIALS).
 *
 * What comes is translated where the kernel has put it. What goes is not the
 * program's to be changed: its control data is copied, if it has credentials
 * in it, which must be those of a process that is there. A restart while the
 * call waits makes the number in the copy wrong; the kernel refuses it then
 * (EPERM), and it is translated again. Most messages have no control data,
 * or too little: they go straight through, as all do before a restart.
 */
#include "runtime/interpose/peek.h"
#include "runtime/interpose/wrap.h"

#define MESSAGES_MAX 1024 /* that the kernel takes at once */
#define CONTROL_MAX 2048 /* more than the kernel takes: SCM_MAX_FD and us */

static struct ucred *cred_of(struct msghdr *m, struct cmsghdr *h)
{
    int is = h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_CREDENTIALS &&
             h->cmsg_len >= CMSG_LEN(sizeof(struct ucred)) &&
             h->cmsg_len <= (size_t)((char *)m->msg_control +
                                     m->msg_controllen - (char *)h);

    return is ? (struct ucred *)CMSG_DATA(h) : NULL;
}

static int may_have(const struct msghdr *m)
{
    return m->msg_control &&
           m->msg_controllen >= CMSG_LEN(sizeof(struct ucred));
}

/* The same, where nobody has looked yet. */
static int may_have_asked(struct ck_look *l, const struct msghdr *m)
{
    return (ck_on_stack(m) || ck_look(l, m, sizeof *m)) && may_have(m) &&
           m->msg_controllen <= CONTROL_MAX &&
           ck_readable(m->msg_control, m->msg_controllen);
}

static void came(struct msghdr *m)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        struct ucred *u = cred_of(m, h);

        if (u && u->pid > 0)
            u->pid = ck_out_speaker(u->pid);
    }
}

/* Copies m's control data with the numbers as the kernel knows them; 0 when
 * there are none. */
static int goes(const struct msghdr *m, struct msghdr *out, char *room)
{
    int found = 0;

    *out = *m;
    out->msg_control = room;
    for (size_t i = 0; i < m->msg_controllen; i++)
        room[i] = ((const char *)m->msg_control)[i];
    for (struct cmsghdr *h = CMSG_FIRSTHDR(out); h; h = CMSG_NXTHDR(out, h)) {
        struct ucred *u = cred_of(out, h);

        if (!u)
            continue;
        u->pid = ck_in(u->pid);
        found = 1;
    }
    return found;
}

/* What libc's function, or the kernel, does. */
typedef ssize_t sender(int fd, const struct msghdr *m, int flags);
typedef ssize_t receiver(int fd, struct msghdr *m, int flags);

static ssize_t send_by(sender *real, int fd, const struct msghdr *m,
                       int flags)
{
    _Alignas(struct cmsghdr) char room[CONTROL_MAX];
    unsigned int loads = ck_virt_loads;
    struct ck_look l = {NULL, NULL};
    struct msghdr out;
    ssize_t r;

    if (!ck_virt_active) {
        r = real(fd, m, flags);
        if (r >= 0 || errno != EPERM || loads == ck_virt_loads)
            return r;
    }
    if (!may_have_asked(&l, m))
        return real(fd, m, flags);
    do {
        loads = ck_virt_loads;
        ck_busy();
        r = real(fd, goes(m, &out, room) ? &out : m, flags);
        ck_idle();
    } while (r < 0 && errno == EPERM && loads != ck_virt_loads);
    return r;
}

static ssize_t receive_by(receiver *real, int fd, struct msghdr *m, int flags)
{
    ssize_t r;

    ck_busy();
    r = real(fd, m, flags);
    if (r >= 0 && ck_virt_active && may_have(m))
        came(m);
    ck_idle();
    return r;
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    return send_by(REAL(sendmsg), fd, m, flags);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
    return receive_by(REAL(recvmsg), fd, m, flags);
}

/* One by one if any has control data: sendmmsg may stop after each. */
static int send_all(sender *one, int fd, struct mmsghdr *m, unsigned int n,
                    int flags)
{
    unsigned int i;

    for (i = 0; i < n && i < MESSAGES_MAX; i++) {
        ssize_t r = send_by(one, fd, &m[i].msg_hdr, flags);

        if (r < 0 && i == 0)
            return -1;
        if (r < 0)
            break;
        m[i].msg_len = (unsigned int)r;
    }
    return (int)i;
}

static int any_has(const struct mmsghdr *m, unsigned int n)
{
    struct ck_look l = {NULL, NULL};
    unsigned int i = 0;

    if (!ck_virt_active)
        return 0;
    while (i < n && i < MESSAGES_MAX && !may_have_asked(&l, &m[i].msg_hdr))
        i++;
    return i < n && i < MESSAGES_MAX;
}

int sendmmsg(int fd, struct mmsghdr *m, unsigned int n, int flags)
{
    return any_has(m, n) ? send_all(REAL(sendmsg), fd, m, n, flags)
                         : REAL(sendmmsg)(fd, m, n, flags);
}

static void all_came(struct mmsghdr *m, int n)
{
    for (int i = 0; ck_virt_active && i < n; i++)
        if (may_have(&m[i].msg_hdr))
            came(&m[i].msg_hdr);
}

int recvmmsg(int fd, struct mmsghdr *m, unsigned int n, int flags,
             struct timespec *timeout)
{
    int r;

    ck_busy();
    r = REAL(recvmmsg)(fd, m, n, flags, timeout);
    all_came(m, r);
    ck_idle();
    return r;
}

/* ---- by syscall() ---- */

static ssize_t kernel_send(int fd, const struct msghdr *m, int flags)
{
    return ck_ret(sys3(SYS_sendmsg, fd, m, flags));
}

static ssize_t kernel_receive(int fd, struct msghdr *m, int flags)
{
    return ck_ret(sys3(SYS_recvmsg, fd, m, flags));
}

long ck_message_call(long nr, const long a[6])
{
    struct mmsghdr *all = (struct mmsghdr *)a[1];
    int fd = (int)a[0], saved = errno;
    long r;

    switch (nr) {
    case SYS_sendmsg:
        r = send_by(kernel_send, fd, &all->msg_hdr, (int)a[2]);
        break;
    case SYS_recvmsg:
        r = receive_by(kernel_receive, fd, &all->msg_hdr, (int)a[2]);
        break;
    case SYS_sendmmsg:
        if (!any_has(all, (unsigned int)a[2]))
            return sys4(nr, fd, all, a[2], a[3]);
        r = send_all(kernel_send, fd, all, (unsigned int)a[2], (int)a[3]);
        break;
    default: /* SYS_recvmmsg */
        ck_busy();
        r = sys5(nr, fd, all, a[2], a[3], a[4]);
        all_came(all, (int)r);
        ck_idle();
        return r;
    }
    if (r < 0) {
        r = -errno;
        errno = saved;
    }
    return r;
}
