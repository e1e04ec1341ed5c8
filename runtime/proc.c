/*
 * proc.c - small things that the agent needs everywhere: futexes, time, ids,
 * directories of numbers. Raw system calls; nothing here can fail loudly.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/thread.h"

#define FUTEX_PRIVATE 128

long ck_futex_wait(uint32_t *word, uint32_t value, int timeout_ms)
{
    struct timespec ts = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};

    return sys4(SYS_futex, word, CK_FUTEX_WAIT | FUTEX_PRIVATE, value,
                timeout_ms < 0 ? NULL : &ts);
}

void ck_futex_wake(uint32_t *word, int n)
{
    sys3(SYS_futex, word, CK_FUTEX_WAKE | FUTEX_PRIVATE, n);
}

uint64_t ck_now_us(void)
{
    struct timespec ts = {0, 0};

    sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000;
}

void ck_sleep_us(unsigned us)
{
    struct timespec ts = {us / 1000000, us % 1000000 * 1000L};

    sys2(SYS_nanosleep, &ts, NULL);
}

int32_t ck_getpid(void)
{
    return (int32_t)sys0(SYS_getpid);
}

int32_t ck_gettid(void)
{
    return (int32_t)sys0(SYS_gettid);
}

void ck_let_trace(long pid)
{
    char buf[8];

    if (ck_read_file("/proc/sys/kernel/yama/ptrace_scope", buf,
                     sizeof buf) > 0 &&
        buf[0] == '1')
        sys2(SYS_prctl, PR_SET_PTRACER, pid);
}

struct dirent64 {
    uint64_t ino;
    int64_t off;
    uint16_t reclen;
    uint8_t type;
    char name[];
};

int ck_each_number(const char *dir, int (*fn)(int32_t n, void *arg),
                   void *arg)
{
    char buf[4096] __attribute__((aligned(8)));
    long fd = sys4(SYS_openat, AT_FDCWD, dir,
                   O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    long n = 0;
    int stop = 0;

    if (fd < 0)
        return (int)fd;
    while (!stop && (n = sys3(SYS_getdents64, fd, buf, sizeof buf)) > 0) {
        for (long at = 0; !stop && at < n;) {
            struct dirent64 *d = (struct dirent64 *)(void *)(buf + at);
            const char *p = d->name;
            uint64_t v = ck_parse_u64(&p, 10);

            if (p != d->name && !*p)
                stop = fn((int32_t)v, arg);
            at += d->reclen;
        }
    }
    sys1(SYS_close, fd);
    return n < 0 ? (int)n : 0;
}

int ck_thread_ended(int32_t pid, int32_t tid)
{
    char path[64], buf[512];
    const char *p;

    ck_fmt(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
    if (ck_read_file(path, buf, sizeof buf) < 0)
        return 1;
    p = strrchr(buf, ')');
    return p && (p[2] == 'Z' || p[2] == 'X');
}

uint64_t ck_stat_field(const char *stat, unsigned n)
{
    const char *p = strrchr(stat, ')');

    for (unsigned i = 2; p && i < n; i++) {
        p = strchr(p + 1, ' ');
    }
    if (!p)
        return 0;
    p++;
    return ck_parse_u64(&p, 10);
}

uint32_t ck_thread_count(void)
{
    return (uint32_t)ck_read_number("/proc/self/status", "\nThreads:\t", 10,
                                    64);
}

uint64_t ck_resident(void)
{
    char buf[256];
    const char *p = buf;

    if (ck_read_file("/proc/self/statm", buf, sizeof buf) < 0)
        return 0;
    ck_parse_u64(&p, 10);
    p++;
    return ck_parse_u64(&p, 10) * 4096;
}

/* The first and the last of our own code (the linker's names). */
extern const char __ehdr_start[] CK_HIDDEN;
extern const char etext[] CK_HIDDEN;

int ck_in_our_code(uint64_t ip)
{
    return ip >= (uintptr_t)__ehdr_start && ip < (uintptr_t)etext;
}
