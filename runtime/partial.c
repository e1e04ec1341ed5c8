/*
 * partial.c - a blocking transfer that was stopped halfway.
 *
 * A write (or sendfile, or a receive that waits for all) that has transferred
 * some bytes when its thread is stopped returns their number, which the
 * program would see as a short one that never happens otherwise. So the
 * thread is sent to ck_partial_start first, which transfers the rest and
 * returns the sum to where the program waits for it.
 *
 * One thing ends such a call early: a signal with a handler, whether it asks
 * for a restart (SA_RESTART) or not; the call returns what it has transferred
 * so far. A call for the rest that has transferred nothing itself would be
 * restarted instead, and wait for ever. So nothing waits in a transfer here:
 * all signals are blocked, what is ready is taken without waiting, and the
 * waiting is done by ppoll(), which lets the program's signals in atomically
 * and which a handler always ends. That holds for a signal that came while
 * the thread was parked, too.
 *
 * Pipes and sockets have ways to try. For others a piece is so small that it
 * does not wait once ppoll() has said that there is room. What poll() says of
 * a socket is stricter than what lets a writer go on, so it is tried now and
 * then.
 *
 * What the detour needs lies below the red zone of the thread's own stack, so
 * that it survives a checkpoint in its midst. It returns with every register
 * as the kernel would leave it: this file is compiled without vector registers.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "lib/sys/syscall.h"
#include "runtime/interpose/peek.h"
#include "runtime/partial.h"
#include "runtime/thread.h"

#define RED_ZONE 128
#define IOVS 16           /* at once */
#define PIECE 4096        /* for which a pipe with room has room */
#define TRY_NS 100000000  /* where ppoll() is too strict */

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif

/* The offsets are known to the code below. */
struct rest {
    uint64_t saved[6]; /* rdi rsi rdx r8 r9 r10 */
    uint64_t rip, rsp;
    long nr, arg[6];
    uint64_t mask; /* the program's */
    uint64_t done;
    struct iovec iov[IOVS];
};
_Static_assert(offsetof(struct rest, rip) == 48, "see ck_partial_start");

/* rax is set by a system call; rcx, r11 and the flags are its to destroy. */
__asm__(".text\n"
        ".type ck_partial_start, @function\n"
        "ck_partial_start:\n"
        "mov %rdi, (%rsp)\n"
        "mov %rsi, 8(%rsp)\n"
        "mov %rdx, 16(%rsp)\n"
        "mov %r8, 24(%rsp)\n"
        "mov %r9, 32(%rsp)\n"
        "mov %r10, 40(%rsp)\n"
        "mov %rsp, %rdi\n"
        "call ck_partial_rest\n"
        "mov (%rsp), %rdi\n"
        "mov 8(%rsp), %rsi\n"
        "mov 16(%rsp), %rdx\n"
        "mov 24(%rsp), %r8\n"
        "mov 32(%rsp), %r9\n"
        "mov 40(%rsp), %r10\n"
        "mov 48(%rsp), %rcx\n"
        "mov 56(%rsp), %rsp\n"
        "jmp *%rcx\n"
        ".size ck_partial_start, .-ck_partial_start\n");
void ck_partial_start(void) CK_HIDDEN;
CK_HIDDEN long ck_partial_rest(struct rest *k);

/* The vector of the call, if it has one; its entries that are left in k->iov.
 * Their number, or 0: nothing is left. */
static size_t vector_rest(struct rest *k, const struct iovec *in,
                                     size_t n)
{
    uint64_t skip = k->done;
    size_t count = 0;

    for (size_t i = 0; i < n && count < IOVS; i++) {
        uint64_t s = skip < in[i].iov_len ? skip : in[i].iov_len;

        skip -= s;
        if (in[i].iov_len == s)
            continue;
        k->iov[count].iov_base = (char *)in[i].iov_base + s;
        k->iov[count++].iov_len = in[i].iov_len - s;
    }
    return count;
}

static size_t buffer_rest(struct rest *k, long buf, long len)
{
    k->iov[0].iov_base = (char *)buf + k->done;
    k->iov[0].iov_len = (uint64_t)len - k->done;
    return (uint64_t)len > k->done;
}

static size_t left(struct rest *k)
{
    const struct msghdr *m = (const struct msghdr *)k->arg[1];

    switch (k->nr) {
    case SYS_writev:
        return vector_rest(k, (const struct iovec *)k->arg[1],
                           (size_t)k->arg[2]);
    case SYS_sendmsg:
    case SYS_recvmsg:
        return vector_rest(k, m->msg_iov, m->msg_iovlen);
    case SYS_sendfile:
        return (uint64_t)k->arg[3] > k->done;
    default:
        return buffer_rest(k, k->arg[1], k->arg[2]);
    }
}

static int receives(const struct rest *k)
{
    return k->nr == SYS_recvfrom || k->nr == SYS_recvmsg;
}

static long flags_of(const struct rest *k)
{
    switch (k->nr) {
    case SYS_sendto:
    case SYS_recvfrom:
        return k->arg[3];
    case SYS_sendmsg:
    case SYS_recvmsg:
        return k->arg[2];
    default:
        return 0;
    }
}

/* One that a system call makes short by itself: it does not wait. */
static int waits(const struct rest *k)
{
    long fl = sys3(SYS_fcntl, k->arg[0], F_GETFL, 0);

    return fl >= 0 && !(fl & O_NONBLOCK) && !(flags_of(k) & MSG_DONTWAIT);
}

enum kind { SOCKET, PIPE, DEVICE, FILE_ON_DISK };

/* And the limit of a socket's waits, if it has one. */
static enum kind kind_of(const struct rest *k,
                                    struct timespec *limit)
{
    struct {
        long sec, usec;
    } tv = {0, 0};
    struct stat st;
    int len = sizeof tv;

    if (sys5(SYS_getsockopt, k->arg[0], SOL_SOCKET,
             receives(k) ? SO_RCVTIMEO : SO_SNDTIMEO, &tv, &len) == 0) {
        limit->tv_sec = tv.sec;
        limit->tv_nsec = tv.usec * 1000;
        return SOCKET;
    }
    if (sys2(SYS_fstat, k->arg[0], &st) < 0 || S_ISFIFO(st.st_mode))
        return PIPE;
    return S_ISCHR(st.st_mode) ? DEVICE : FILE_ON_DISK;
}

/* A datagram is never partly sent or received; sendfile() to a pipe fills it
 * and waits no more. */
static int can_be_partial(const struct rest *k, enum kind kind)
{
    int type = 0, len = sizeof type;

    if (kind == SOCKET)
        return sys5(SYS_getsockopt, k->arg[0], SOL_SOCKET, SO_TYPE, &type,
                    &len) == 0 &&
               type == SOCK_STREAM;
    return k->nr != SYS_sendfile || kind != PIPE;
}

static long by_message(struct rest *k, size_t n)
{
    const long waited = MSG_WAITALL | MSG_DONTWAIT;
    struct msghdr m;

    m.msg_name = NULL;
    m.msg_namelen = 0;
    m.msg_iov = k->iov;
    m.msg_iovlen = n;
    m.msg_control = NULL; /* it went with the first bytes */
    m.msg_controllen = 0;
    m.msg_flags = 0;
    return sys3(receives(k) ? SYS_recvmsg : SYS_sendmsg, k->arg[0], &m,
                (flags_of(k) & ~waited) | MSG_DONTWAIT);
}

static int room(const struct rest *k)
{
    struct pollfd p = {.fd = (int)k->arg[0], .events = POLLOUT};
    struct timespec now = {0, 0};

    return sys5(SYS_ppoll, &p, 1, &now, NULL, 8) > 0;
}

/* A pipe's piece is a page, which fits if there is room; a socket that says it
 * has room has more than that free. Of a terminal nothing
 * but a byte is sure to fit. On a disk nothing waits for a reader. */
static long by_pieces(struct rest *k, enum kind kind)
{
    uint64_t piece = kind == DEVICE ? 1 : PIECE, all;

    if (!room(k))
        return -EAGAIN;
    if (k->nr == SYS_sendfile) {
        all = (uint64_t)k->arg[3] - k->done;
        return sys4(SYS_sendfile, k->arg[0], k->arg[1], k->arg[2],
                    all < piece ? all : piece);
    }
    all = k->iov[0].iov_len;
    return sys3(SYS_write, k->arg[0], k->iov[0].iov_base,
                kind == FILE_ON_DISK || all < piece ? all : piece);
}

static long transfer(struct rest *k, size_t n, enum kind kind)
{
    long r = -EOPNOTSUPP;

    if (k->nr == SYS_sendfile)
        return by_pieces(k, kind);
    if (kind == SOCKET)
        return by_message(k, n);
    if (kind == PIPE)
        r = sys6(SYS_pwritev2, k->arg[0], k->iov, n, -1, -1, RWF_NOWAIT);
    return r == -EOPNOTSUPP || r == -ENOSYS ? by_pieces(k, kind) : r;
}

/* 0: try again; else a handler has run, or the time is over. */
static int wait_ready(struct rest *k, enum kind kind,
                                 struct timespec *limit)
{
    struct pollfd p = {.fd = (int)k->arg[0],
                       .events = receives(k) ? POLLIN : POLLOUT};
    struct timespec t = {0, TRY_NS};
    int limited = limit->tv_sec || limit->tv_nsec;

    if (limited && !limit->tv_sec && limit->tv_nsec < TRY_NS)
        t.tv_nsec = limit->tv_nsec;
    if (sys5(SYS_ppoll, &p, 1, kind == SOCKET ? &t : NULL, &k->mask, 8) < 0)
        return -EINTR;
    if (!limited || p.revents)
        return 0;
    limit->tv_nsec -= TRY_NS;
    if (limit->tv_nsec < 0 && limit->tv_sec) {
        limit->tv_sec--;
        limit->tv_nsec += 1000000000;
    }
    return limit->tv_nsec <= 0 && !limit->tv_sec ? -ETIMEDOUT : 0;
}

/* What the call returns. */
static long complete(struct rest *k)
{
    struct timespec limit = {0, 0};
    enum kind kind = kind_of(k, &limit);
    size_t n;

    while (can_be_partial(k, kind) && waits(k) && (n = left(k)) != 0) {
        long r = transfer(k, n, kind);

        if (r > 0)
            k->done += (uint64_t)r;
        else if (r != -EAGAIN || wait_ready(k, kind, &limit))
            break;
    }
    return (long)k->done;
}

long ck_partial_rest(struct rest *k)
{
    long done = complete(k);

    sys4(SYS_rt_sigprocmask, SIG_SETMASK, &k->mask, NULL, 8);
    return done;
}

int ck_partial(const struct user_regs_struct *r, long nr)
{
    long done = (long)r->rax;

    switch (nr) {
    case SYS_write:
    case SYS_sendto:
        return done > 0 && (uint64_t)done < r->rdx;
    case SYS_sendfile:
        return done > 0 && (uint64_t)done < r->r10;
    case SYS_writev:
    case SYS_sendmsg:
        return done > 0;
    case SYS_recvfrom:
        return done > 0 && (uint64_t)done < r->rdx &&
               (r->r10 & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL;
    case SYS_recvmsg:
        return done > 0 && (r->rdx & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL;
    default:
        return 0;
    }
}

static void note(struct rest *k, const struct user_regs_struct *r, long nr,
                 uint64_t mask)
{
    k->nr = nr;
    k->arg[0] = (long)r->rdi;
    k->arg[1] = (long)r->rsi;
    k->arg[2] = (long)r->rdx;
    k->arg[3] = (long)r->r10;
    k->mask = mask;
    k->done = r->rax;
}

long ck_partial_complete(const struct user_regs_struct *r, long nr,
                         uint64_t mask)
{
    struct rest k;

    note(&k, r, nr, mask);
    return complete(&k);
}

uint64_t ck_partial_finish(struct user_regs_struct *r, long nr, uint64_t mask)
{
    struct rest *k =
        (struct rest *)((r->rsp - RED_ZONE - sizeof *k) & ~15ull);

    if (!ck_partial(r, nr) || !ck_writable(k, sizeof *k))
        return mask;
    k->rip = r->rip;
    k->rsp = r->rsp;
    note(k, r, nr, mask);
    r->rsp = (uint64_t)k;
    r->rip = (uint64_t)(uintptr_t)ck_partial_start;
    return ~0ull;
}
