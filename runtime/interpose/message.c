/*
 * message.c - the number of the sender in messages of Unix sockets
 * (SCM_CREDENTIALS).
 *
 * What comes is translated where the kernel has put it. What goes is not the
 * program's to be changed: its control data is copied, if it has credentials
 * in it, which must be those of a process that is there. A restart while the
 * call waits makes the number in the copy wrong; the kernel refuses it then
 * (EPERM), and it is translated again. Most messages have no control data,
 * or too little: they go straight through.
 */
#include "runtime/interpose/wrap.h"

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
    return ck_rt.enabled && m && m->msg_control &&
           m->msg_controllen >= CMSG_LEN(sizeof(struct ucred));
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
 * there are none, or none that the kernel would take. */
static int goes(const struct msghdr *m, struct msghdr *out, char *room)
{
    int found = 0;

    *out = *m;
    if (m->msg_controllen > CONTROL_MAX)
        return 0;
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

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    _Alignas(struct cmsghdr) char room[CONTROL_MAX];
    unsigned int loads;
    struct msghdr out;
    ssize_t r;

    if (!may_have(m))
        return REAL(sendmsg)(fd, m, flags);
    do {
        loads = ck_virt_loads;
        ck_busy();
        r = REAL(sendmsg)(fd, goes(m, &out, room) ? &out : m, flags);
        ck_idle();
    } while (r < 0 && errno == EPERM && loads != ck_virt_loads);
    return r;
}

/* One by one if any has control data: sendmmsg may stop after each. */
int sendmmsg(int fd, struct mmsghdr *m, unsigned int n, int flags)
{
    unsigned int i;
    int any = 0;

    for (i = 0; ck_virt_active && i < n; i++)
        any |= may_have(&m[i].msg_hdr);
    if (!any)
        return REAL(sendmmsg)(fd, m, n, flags);
    for (i = 0; i < n; i++) {
        ssize_t r = sendmsg(fd, &m[i].msg_hdr, flags);

        if (r < 0 && i == 0)
            return -1;
        if (r < 0)
            break;
        m[i].msg_len = (unsigned int)r;
    }
    return (int)i;
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
    ssize_t r;

    if (!may_have(m))
        return REAL(recvmsg)(fd, m, flags);
    ck_busy();
    r = REAL(recvmsg)(fd, m, flags);
    if (r >= 0)
        came(m);
    ck_idle();
    return r;
}

int recvmmsg(int fd, struct mmsghdr *m, unsigned int n, int flags,
             struct timespec *timeout)
{
    int r;

    ck_busy();
    r = REAL(recvmmsg)(fd, m, n, flags, timeout);
    for (int i = 0; i < r; i++) {
        if (may_have(&m[i].msg_hdr))
            came(&m[i].msg_hdr);
    }
    ck_idle();
    return r;
}
