/*
 * proc.c - small things that the agent needs everywhere: futexes, time, ids,
 * signals. Raw system calls; nothing here can fail loudly.
 */
#include <errno.h>
#include <linux/close_range.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "lib/sys/fmt.h"
#include "lib/sys/ours.h"
#include "lib/sys/syscall.h"
#include "runtime/interpose/watch.h"
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

int ck_futex_await(uint32_t *word, int limit_ms)
{
    uint64_t end = ck_now_us() + (uint64_t)limit_ms * 1000;

    while (!__atomic_load_n(word, __ATOMIC_ACQUIRE)) {
        if (ck_now_us() >= end)
            return -ETIMEDOUT;
        ck_futex_wait(word, 0, 100);
    }
    return 0;
}

void ck_sleep_us(unsigned us)
{
    struct timespec ts = {us / 1000000, us % 1000000 * 1000L};

    sys2(SYS_nanosleep, &ts, NULL);
}

void ck_become_ours(const char *name)
{
    ck_watched_publish();
    ck_ours_mark();
    sys2(SYS_prctl, PR_SET_NAME, name);
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

static uint64_t mask_in(const char *status, const char *field)
{
    const char *p = strstr(status, field);

    p = p ? p + strlen(field) : "";
    return ck_parse_u64(&p, 16);
}

int ck_signal_sets(int32_t tid, struct ck_sigsets *sets)
{
    char path[64], status[4096];
    long n;

    ck_fmt(path, sizeof path, "/proc/self/task/%d/status", tid);
    n = ck_read_file(path, status, sizeof status);
    if (n < 0)
        return (int)n;
    sets->own = mask_in(status, "\nSigPnd:\t");
    sets->shared = mask_in(status, "\nShdPnd:\t");
    sets->caught = mask_in(status, "\nSigCgt:\t");
    return 0;
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

void ck_own_table(int keep)
{
    if (keep < 0) {
        sys3(SYS_close_range, 0, ~0u, CLOSE_RANGE_UNSHARE);
        return;
    }
    sys3(SYS_close_range, keep + 1, ~0u, CLOSE_RANGE_UNSHARE);
    if (keep > 0)
        sys3(SYS_close_range, 0, keep - 1, 0);
}
