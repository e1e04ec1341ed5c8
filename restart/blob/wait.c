/*
 * wait.c - waiting for other processes of a restart: for a shared word of the
 * plan or of the pid table, for the end of the coordinator. Nothing waits
 * without a limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <time.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "restart/blob/blob.h"

#define ENDING_MS 1000

static uint64_t now_ms(void)
{
    struct timespec t;

    sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int ck_blob_wait(uint32_t *word, uint32_t least, uint32_t limit_ms)
{
    uint64_t end = now_ms() + limit_ms;

    for (;;) {
        uint32_t v = __atomic_load_n(word, __ATOMIC_ACQUIRE);
        struct timespec t = {.tv_nsec = 200000000};

        if (v >= least)
            return 0;
        if (now_ms() > end)
            return -ETIMEDOUT;
        sys6(SYS_futex, word, FUTEX_WAIT, v, &t, 0, 0);
    }
}

void ck_blob_raise(uint32_t *word, uint32_t to)
{
    if (__atomic_load_n(word, __ATOMIC_RELAXED) < to)
        __atomic_store_n(word, to, __ATOMIC_RELEASE);
    sys6(SYS_futex, word, FUTEX_WAKE, 0x7fffffff, 0, 0, 0);
}

int ck_blob_ended(const char *job_dir)
{
    uint64_t end = now_ms() + ENDING_MS;
    struct timespec t = {.tv_nsec = 10000000};
    char path[1400];

    ck_fmt(path, sizeof(path), "%s/coordinator", job_dir);
    while (sys3(SYS_faccessat, AT_FDCWD, path, 0) != -ENOENT) {
        if (now_ms() > end)
            return 0;
        sys2(SYS_nanosleep, &t, 0);
    }
    return 1;
}
