/*
 * held.c - see held.h. Who waits connects to the name: nobody accepts, and the
 * connection breaks with the listener. Another user's listener is not waited
 * for.
 */
#include "lib/image/held.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "lib/image/sum.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"

#define WAITERS 4096
#define AGAIN_MS 2

/* The length of the address. */
static long name_of(struct sockaddr_un *a, const char *dir, const char *tree)
{
    uint64_t d = ck_sum64(dir, strlen(dir)), t = ck_sum64(tree, strlen(tree));

    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    return (long)offsetof(struct sockaddr_un, sun_path) + 1 +
           ck_fmt(a->sun_path + 1, sizeof a->sun_path - 1, "ckpt-held-%lx-%lx",
                  (unsigned long)d, (unsigned long)t);
}

static long make(void)
{
    return sys3(SYS_socket, AF_UNIX,
                SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int ck_held_take(const char *job_dir, const char *tree)
{
    struct sockaddr_un a;
    long n = name_of(&a, job_dir, tree), fd = make(), r = fd;

    if (r >= 0)
        r = sys3(SYS_bind, fd, &a, n);
    if (r >= 0)
        r = sys2(SYS_listen, fd, WAITERS);
    if (r < 0 && fd >= 0)
        sys1(SYS_close, fd);
    return (int)(r < 0 ? r : fd);
}

static int is_ours(long fd)
{
    struct ucred who;
    socklen_t len = sizeof who;

    return sys5(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
           (long)who.uid == sys0(SYS_geteuid);
}

static uint64_t now_ms(void)
{
    struct timespec ts = {0, 0};

    sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void wait_for(long fd, short events, uint64_t ms)
{
    struct pollfd p = {.fd = (int)fd, .events = events};
    struct timespec ts = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    sys5(SYS_ppoll, &p, fd < 0 ? 0 : 1, &ts, NULL, 8);
}

int ck_held_wait(const char *job_dir, const char *tree, int limit_ms)
{
    uint64_t end = now_ms() + (uint64_t)limit_ms, now;
    struct sockaddr_un a;
    long n = name_of(&a, job_dir, tree), r = -EAGAIN;

    while ((r == 0 || r == -EAGAIN || r == -EINTR) && (now = now_ms()) < end) {
        long fd = make();

        r = fd < 0 ? fd : sys3(SYS_connect, fd, &a, n);
        if (r == 0 && !is_ours(fd))
            r = -EPERM;
        if (r == 0)
            wait_for(fd, POLLRDHUP, end - now);
        else if (r == -EAGAIN) /* more wait than it has room for */
            wait_for(-1, 0, AGAIN_MS);
        if (fd >= 0)
            sys1(SYS_close, fd);
    }
    return r == 0 || r == -EAGAIN || r == -EINTR ? -ETIMEDOUT : 0;
}
