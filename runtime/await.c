/*
 * await.c - what the agent waits for: a message, the bell (agent.c), the end
 * of a time, and the end of the program's last thread.
 *
 * A thread that ends by SYS_exit ends only itself, and if it was the last,
 * its process: in a child that clone() has made when its function returns,
 * or where a program calls syscall(SYS_exit). We are a thread as well, so the
 * process would stay for ever, and who waits for it, too. When no thread of
 * the program is left it is ended with the status that the kernel would have
 * given it: since Linux 6.0 that of the thread that was the last, before that
 * of the first thread.
 *
 * No descriptor tells of the end of a first thread (since 6.15 not even
 * PIDFD_THREAD), so the wrappers by which a thread can end in this way say so
 * before, and we look until it has. For one that gets past them we look every
 * few seconds, and more often where seccomp may forbid a thread to say so.
 * The end of others is told since 6.9, with their status since 6.15, if they
 * were watched. Nothing is ended on a guess: the first thread must be seen to
 * have ended, and the list of the others to be empty.
 */
#include "runtime/await.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"
#include "runtime/agent.h"
#include "runtime/thread.h"

#define LOOK_MS 5000
#define CONFINED_MS 100
#define PIDFD_THREAD O_EXCL
#define PIDFD_INFO_EXIT (1ull << 3)
#define STAT_EXIT_CODE 52

/* struct pidfd_info, as of Linux 6.15 */
struct info {
    uint64_t mask, cgroup;
    uint32_t ids[11];
    int32_t exit_code;
};
#define PIDFD_GET_INFO _IOWR(0xff, 11, struct info)

static int32_t watched; /* another thread than the first; or 0 */
static uint32_t expected; /* a thread is about to end */
static int announced;     /* with this status, the latest */
static int confined;      /* threads may be forbidden to say anything */
static int pace = LOOK_MS; /* when to look at the first thread again */

void ck_await_begin(int restored)
{
    watched = 0;
    pace = LOOK_MS;
    if (restored) /* it may have been about to end */
        expected = 1;
}

void ck_await_expect(int status)
{
    announced = status & 0xff;
    if (confined)
        return;
    __atomic_store_n(&expected, 1, __ATOMIC_RELEASE);
    ck_agent_ring();
}

void ck_await_confined(void)
{
    confined = 1;
    ck_agent_ring();
}

int ck_await_is_confined(void)
{
    return confined;
}

/* 'R', 'S', 'Z', ...; 0: it is gone, -1: can't be told. */
static int state_of(int32_t tid, int *code)
{
    char path[64], stat[1024];
    const char *p;

    ck_fmt(path, sizeof path, "/proc/self/task/%d/stat", tid);
    if (ck_read_file(path, stat, sizeof stat) < 0)
        return sys3(SYS_tgkill, ck_getpid(), tid, 0) == -ESRCH ? 0 : -1;
    p = strrchr(stat, ')');
    if (!p || !p[1])
        return -1;
    if (code)
        *code = (int)ck_stat_field(stat, STAT_EXIT_CODE);
    return p[2];
}

static int ended(int32_t tid)
{
    int s = state_of(tid, NULL);

    return s == 0 || s == 'Z' || s == 'X';
}

int ck_await_first_status(void)
{
    int code = 0;

    return state_of(ck_getpid(), &code) == 'Z' ? code >> 8 & 0xff : 0;
}

static int is_left(int32_t tid, void *arg)
{
    if (tid == ck_agent_tid || ended(tid))
        return 0;
    *(int32_t *)arg = tid;
    return 1;
}

/* Does the last thread's status count, not the first's? */
static int last_counts(void)
{
    static struct utsname u;

    sys1(SYS_uname, &u);
    return u.release[0] >= '6' || (u.release[1] >= '0' && u.release[1] <= '9');
}

/* The thread we had watched is another than the first, which is not gone as
 * long as one is left. */
static int last_status(int fd)
{
    struct info info;

    memset(&info, 0, sizeof info);
    info.mask = PIDFD_INFO_EXIT;
    if (watched && fd >= 0 &&
        sys3(SYS_ioctl, fd, PIDFD_GET_INFO, &info) == 0 &&
        (info.mask & PIDFD_INFO_EXIT))
        return info.exit_code >> 8 & 0xff;
    return announced && last_counts() ? announced : ck_await_first_status();
}

static void look(int32_t tid, int fd)
{
    int32_t left = 0;

    if (!ended(tid) || !ended(ck_getpid()) ||
        ck_each_number("/proc/self/task", is_left, &left) < 0)
        return;
    if (!left)
        sys1(SYS_exit_group, last_status(fd));
    watched = left;
}

/* How long to wait at most, and when to look at the first thread next. */
static int limit_of(int ms)
{
    int limit, most = confined ? CONFINED_MS : LOOK_MS;

    if (__atomic_exchange_n(&expected, 0, __ATOMIC_ACQ_REL))
        pace = 1;
    pace = pace < most ? pace : most;
    limit = ms < 0 || ms > pace ? pace : ms;
    pace *= 2;
    return limit;
}

/* Descriptors are open only while we wait: a program may have left us hardly
 * any. */
void ck_await(int fd, int ms)
{
    static const uint64_t set = 1ull << (CK_BELL - 1);
    int32_t tid = watched ? watched : ck_getpid();
    int bell = (int)sys4(SYS_signalfd4, -1, &set, 8, O_CLOEXEC);
    int last = watched ? (int)sys2(SYS_pidfd_open, tid, PIDFD_THREAD) : -1;
    struct pollfd p[3] = {{.fd = fd, .events = POLLIN},
                          {.fd = bell, .events = POLLIN},
                          {.fd = last, .events = POLLIN}};
    struct timespec ts;
    uint8_t info[128];

    if (last == -ESRCH)
        ms = 0;
    else if (last < 0)
        ms = limit_of(ms);
    ts.tv_sec = ms / 1000;
    ts.tv_nsec = ms % 1000 * 1000000L;
    sys5(SYS_ppoll, p, 3, ms < 0 ? NULL : &ts, NULL, 8);
    if (p[1].revents & POLLIN)
        sys3(SYS_read, bell, info, sizeof info);
    if (bell >= 0)
        sys1(SYS_close, bell);
    if (last < 0 || p[2].revents)
        look(tid, last);
    if (last >= 0)
        sys1(SYS_close, last);
}
