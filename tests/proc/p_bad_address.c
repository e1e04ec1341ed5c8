/* Claim: calls that are given addresses where nothing is mapped, or not
 * enough of it, fail as the kernel has it, and the program lives on. */
#include "claim.h"

#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

static char *nowhere;  /* a page without access */
static char *edge;     /* the end of the page before it */
static char *readonly; /* a page of zeros */
static char *volatile nothing; /* NULL */
static int pair[2], ino, sem, shm, msg, ep;
static char big[4096];

static long kernel(long nr, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long r;

    __asm__ volatile("syscall"
                     : "=a"(r)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return r;
}

/* What libc and the kernel say to the same arguments, by syscall() too. */
#define A(x) ((long)(uintptr_t)(x))
#define SAME2(nr, call, a, b, c, d, e)                                      \
    do {                                                                    \
        long k_ = kernel(nr, A(a), A(b), A(c), A(d), A(e), 0), r_;          \
        errno = 0;                                                          \
        r_ = (long)(call);                                                  \
        if (r_ != -1 || k_ != -errno)                                       \
            claim_fail(__FILE__, __LINE__, "%s: %ld, errno %d, not %ld",    \
                       #call, r_, errno, k_);                               \
        errno = 0;                                                          \
        r_ = syscall(nr, a, b, c, d, e, 0);                                 \
        if (r_ != -1 || k_ != -errno)                                       \
            claim_fail(__FILE__, __LINE__, "%s: %ld, errno %d, not %ld",    \
                       #nr, r_, errno, k_);                                 \
    } while (0)
#define SAME(nr, name, a, b, c, d, e)                                       \
    SAME2(nr, (name)(a, b, c, d, e), a, b, c, d, e)

/* Where the kernel has other numbers after a restart. */
#define FAULTS(call)                                                        \
    do {                                                                    \
        errno = 0;                                                          \
        if ((call) != -1 || errno != EFAULT)                                \
            claim_fail(__FILE__, __LINE__, "%s: errno %d", #call, errno);   \
    } while (0)

static void paths(char *bad)
{
    struct stat st;
    struct statx stx;
    char buf[100];

    SAME2(SYS_stat, stat(bad, &st), bad, &st, 0, 0, 0);
    SAME2(SYS_lstat, lstat(bad, &st), bad, &st, 0, 0, 0);
    SAME2(SYS_newfstatat, fstatat(AT_FDCWD, bad, &st, 0), AT_FDCWD, bad, &st,
          0, 0);
    SAME(SYS_statx, statx, AT_FDCWD, bad, 0, STATX_SIZE, &stx);
    SAME2(SYS_access, access(bad, 0), bad, 0, 0, 0, 0);
    SAME2(SYS_faccessat, faccessat(AT_FDCWD, bad, 0, 0), AT_FDCWD, bad, 0, 0,
          0);
    SAME2(SYS_readlink, readlink(bad, buf, 9), bad, buf, 9, 0, 0);
    SAME2(SYS_readlinkat, readlinkat(AT_FDCWD, bad, buf, 9), AT_FDCWD, bad,
          buf, 9, 0);
    SAME2(SYS_open, open(bad, O_RDONLY), bad, O_RDONLY, 0, 0, 0);
    SAME2(SYS_openat, openat(AT_FDCWD, bad, O_RDWR), AT_FDCWD, bad, O_RDWR, 0,
          0);
    SAME2(SYS_inotify_add_watch, inotify_add_watch(ino, bad, 1), ino, bad, 1,
          0, 0);
    errno = 0;
    CHECK(!fopen(bad, "r") && errno == EFAULT);
}

static void memory(char *bad)
{
    struct stat st;

    SAME2(SYS_stat, stat("/", (void *)bad), "/", bad, 0, 0, 0);
    SAME2(SYS_stat, stat("/proc/self/stat", (void *)bad), "/proc/self/stat",
          bad, 0, 0, 0);
    SAME2(SYS_readlink, readlink("/proc/self", bad, 20), "/proc/self", bad,
          20, 0, 0);
    SAME2(SYS_fcntl, fcntl(pair[0], F_SETOWN_EX, bad), pair[0], F_SETOWN_EX,
          bad, 0, 0);
    SAME2(SYS_fcntl, fcntl(pair[0], F_GETOWN_EX, bad), pair[0], F_GETOWN_EX,
          bad, 0, 0);
    SAME2(SYS_fcntl, fcntl(pair[0], F_GETLK, bad), pair[0], F_GETLK, bad, 0,
          0);
    SAME2(SYS_ioctl, ioctl(pair[0], FIOSETOWN, bad), pair[0], FIOSETOWN, bad,
          0, 0);
    SAME2(SYS_ioctl, ioctl(pair[0], FIOGETOWN, bad), pair[0], FIOGETOWN, bad,
          0, 0);
    SAME2(SYS_ioctl, ioctl(pair[0], TIOCSPGRP, bad), pair[0], TIOCSPGRP, bad,
          0, 0);
    SAME(SYS_getsockopt, getsockopt, pair[0], SOL_SOCKET, SO_PEERCRED, &st,
         (socklen_t *)bad);
    FAULTS(shmctl(shm, IPC_STAT, (void *)bad));
    FAULTS(syscall(SYS_shmctl, shm, IPC_STAT, bad));
    FAULTS(semctl(sem, 0, IPC_STAT, bad));
    FAULTS(msgctl(msg, IPC_STAT, (void *)bad));
    FAULTS(semop(sem, (void *)bad, 1));
    FAULTS(syscall(SYS_semop, sem, bad, 1));
    FAULTS(msgsnd(msg, bad, 1, 0));
    SAME2(SYS_prlimit64, prlimit(0, RLIMIT_CORE, (void *)bad, NULL), 0,
          RLIMIT_CORE, bad, 0, 0);
    SAME2(SYS_sched_getparam, sched_getparam(0, (void *)bad), 0, bad, 0, 0,
          0);
    SAME2(SYS_getrusage, getrusage(RUSAGE_SELF, (void *)bad), RUSAGE_SELF,
          bad, 0, 0, 0);
    FAULTS(process_vm_readv(getpid(), (void *)bad, 1, NULL, 0, 0));
}

static void messages(void *bad)
{
    struct msghdr m = {.msg_control = bad, .msg_controllen = 64};

    SAME2(SYS_sendmsg, sendmsg(pair[0], bad, 0), pair[0], bad, 0, 0, 0);
    SAME2(SYS_sendmsg, sendmsg(pair[0], &m, 0), pair[0], &m, 0, 0, 0);
    SAME2(SYS_recvmsg, recvmsg(pair[0], bad, MSG_DONTWAIT), pair[0], bad,
          MSG_DONTWAIT, 0, 0);
    SAME2(SYS_sendmmsg, sendmmsg(pair[0], bad, 2, 0), pair[0], bad, 2, 0, 0);
    SAME(SYS_recvmmsg, recvmmsg, pair[0], bad, 2, MSG_DONTWAIT, NULL);
}

static void times_out(void *bad)
{
    struct timespec now = {0, 0};
    struct sembuf op = {0, -1, 0};
    struct pollfd none = {.fd = -1};
    struct epoll_event ev;
    sigset_t set;
    int word = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    SAME2(SYS_nanosleep, nanosleep(bad, NULL), bad, NULL, 0, 0, 0);
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, bad, NULL), EFAULT);
    FAULTS(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, bad, NULL));
    SAME2(SYS_rt_sigtimedwait, sigtimedwait(&set, NULL, bad), &set, NULL, bad,
          8, 0);
    SAME2(SYS_rt_sigtimedwait, sigtimedwait(bad, NULL, &now), bad, NULL, &now,
          8, 0);
    FAULTS(semtimedop(sem, &op, 1, bad));
    FAULTS(semtimedop(sem, bad, 1, &now));
    FAULTS(syscall(SYS_semtimedop, sem, &op, 1, bad));
    SAME2(SYS_epoll_pwait2, epoll_pwait2(ep, &ev, 1, bad, NULL), ep, &ev, 1,
          bad, NULL);
    SAME2(SYS_ppoll, syscall(SYS_ppoll, &none, 1, bad, 0, 8), &none, 1, bad,
          0, 8);
    SAME2(SYS_pselect6, syscall(SYS_pselect6, 0, 0, 0, 0, bad, 0), 0, 0, 0, 0,
          bad);
    SAME2(SYS_select, syscall(SYS_select, 0, 0, 0, 0, bad), 0, 0, 0, 0, bad);
    SAME2(SYS_futex, syscall(SYS_futex, &word, FUTEX_WAIT, 0, bad), &word,
          FUTEX_WAIT, 0, bad, 0);
    SAME2(SYS_mq_notify, syscall(SYS_mq_notify, 0, bad), 0, bad, 0, 0, 0);
    SAME2(SYS_clone3, syscall(SYS_clone3, bad, 88), bad, 88, 0, 0, 0);
}

static int ended(void *arg)
{
    (void)arg;
    _exit(7);
}

static void processes(char *bad)
{
    char *args[] = {(char *)"true", NULL}, *vector[] = {bad, NULL};
    char **const vectors[] = {(char **)(void *)bad, vector};
    int status;
    pid_t pid;

    for (int i = 0; i < 2; i++) {
        char **env = vectors[i];

        SAME2(SYS_execve, execve("/bin/true", args, env), "/bin/true", args,
              env, 0, 0);
        SAME(SYS_execveat, execveat, AT_FDCWD, "/bin/true", args, env, 0);
        CHECK_EQ(posix_spawn(&pid, "/bin/true", NULL, NULL, args, env),
                 EFAULT);
    }
    pid = clone(ended, big + sizeof big, SIGCHLD | CLONE_PARENT_SETTID, NULL,
                bad);
    CHECK(pid > 0);
    SAME2(SYS_waitid, waitid(P_ALL, 0, (void *)bad, WEXITED | WNOWAIT), P_ALL,
          0, bad, WEXITED | WNOWAIT, 0);
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
}

/* Valid, up to the last byte that there is. */
static void at_the_edge(void)
{
    struct timespec *t = (void *)(edge - sizeof *t);
    char *p = edge - sizeof "/proc/self";
    struct stat st;
    char text[20];
    long n;

    memcpy(p, "/proc/self", sizeof "/proc/self");
    CHECK(stat(p, &st) == 0 && access(p, R_OK) == 0);
    CHECK((n = readlink(p, text, sizeof text)) > 0);
    text[n] = '\0';
    CHECK_EQ(atoi(text), getpid());
    CHECK_EQ(readlink("/proc/self", edge - n, (size_t)n), n);
    CHECK(memcmp(edge - n, text, (size_t)n) == 0);
    p = edge - 2;
    memcpy(p, "/", 2);
    CHECK(stat(p, &st) == 0);
    *t = (struct timespec){0, 1000};
    CHECK(nanosleep(t, NULL) == 0);
    CHECK_EQ(syscall(SYS_ppoll, NULL, 0, t, NULL, 8), 0);
    /* no end: what is behind it can't be read */
    memset(edge - 9, '/', 9);
    paths(edge - 9);
    memcpy(edge - 7, "/proc/1", 7);
    paths(edge - 7);
    memcpy(edge - 2, "/p", 2);
    paths(edge - 2);
}

/* The kernel tells what is left where it can, and is silent if it can't. */
static void not_written(void)
{
    CHECK(mprotect(readonly, 4096, PROT_READ | PROT_WRITE) == 0);
    *(struct timespec *)(void *)readonly = (struct timespec){0, 1000};
    CHECK(mprotect(readonly, 4096, PROT_READ) == 0);
    CHECK_EQ(syscall(SYS_ppoll, NULL, 0, readonly, NULL, 8), 0);
    CHECK_EQ(syscall(SYS_pselect6, 0, 0, 0, 0, readonly, 0), 0);
    CHECK_EQ(syscall(SYS_select, 0, 0, 0, 0, readonly), 0);
}

static void all(void)
{
    char *const bad[] = {nowhere, (char *)0xffffffffff000000, (char *)16};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        paths(bad[i]);
        memory(bad[i]);
        messages(bad[i]);
        times_out(bad[i]);
        processes(bad[i]);
    }
    paths(nothing);
    at_the_edge();
    not_written();
}

int main(void)
{
    edge = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(edge != MAP_FAILED);
    readonly = edge + 8192;
    edge += 4096;
    nowhere = edge;
    CHECK(mprotect(nowhere, 4096, PROT_NONE) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK((ino = inotify_init()) >= 0 && (ep = epoll_create1(0)) >= 0);
    CHECK((sem = semget(IPC_PRIVATE, 1, 0600)) >= 0);
    CHECK((shm = shmget(IPC_PRIVATE, 4096, 0600)) >= 0);
    CHECK((msg = msgget(IPC_PRIVATE, 0600)) >= 0);
    CHECK(shmat(shm, NULL, 0) != (void *)-1);
    all();
    claim_ready();
    claim_wait();
    BREAK(nowhere = big);
    all();
    CHECK(semctl(sem, 0, IPC_RMID) == 0 && shmctl(shm, IPC_RMID, NULL) == 0 &&
          msgctl(msg, IPC_RMID, NULL) == 0);
    claim_pass();
}
