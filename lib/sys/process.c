/* process.c - see process.h. */
#include "lib/sys/process.h"

#include <fcntl.h>
#include <string.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"

/* of stat */
#define PARENT 4
#define FLAGS 9
#define START 22
#define PF_EXITING 0x00000004u

struct dirent64 {
    uint64_t ino;
    int64_t off;
    uint16_t reclen;
    uint8_t type;
    char name[];
};

int ck_each_entry(int dir, int (*fn)(const char *name, void *arg), void *arg)
{
    char buf[4096] __attribute__((aligned(8)));
    long n = 0;
    int stop = 0;

    while (!stop && (n = sys3(SYS_getdents64, dir, buf, sizeof buf)) > 0) {
        for (long at = 0; !stop && at < n;) {
            const struct dirent64 *d =
                (const struct dirent64 *)(void *)(buf + at);

            if (!ck_streq(d->name, ".") && !ck_streq(d->name, ".."))
                stop = fn(d->name, arg);
            at += d->reclen;
        }
    }
    return n < 0 ? (int)n : 0;
}

struct number {
    int (*fn)(int32_t n, void *arg);
    void *arg;
};

static int if_number(const char *name, void *arg)
{
    const struct number *to = arg;
    const char *p = name;
    uint64_t v = ck_parse_u64(&p, 10);

    return p != name && !*p ? to->fn((int32_t)v, to->arg) : 0;
}

int ck_each_number(const char *dir, int (*fn)(int32_t n, void *arg),
                   void *arg)
{
    struct number to = {fn, arg};
    long fd = sys4(SYS_openat, AT_FDCWD, dir,
                   O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    int r;

    if (fd < 0)
        return (int)fd;
    r = ck_each_entry((int)fd, if_number, &to);
    sys1(SYS_close, fd);
    return r;
}

uint64_t ck_stat_field(const char *stat, unsigned n)
{
    const char *p = strrchr(stat, ')');

    for (unsigned i = 2; p && i < n; i++)
        p = strchr(p + 1, ' ');
    if (!p)
        return 0;
    p++;
    return ck_parse_u64(&p, 10);
}

uint64_t ck_start_of(int32_t pid)
{
    char path[64], stat[1024];

    if (pid)
        ck_fmt(path, sizeof path, "/proc/%d/stat", pid);
    else
        ck_fmt(path, sizeof path, "/proc/self/stat");
    return ck_read_file(path, stat, sizeof stat) < 0
               ? 0 : ck_stat_field(stat, START);
}

int32_t ck_parent_of(int32_t pid)
{
    char path[64], stat[1024];

    ck_fmt(path, sizeof path, "/proc/%d/stat", pid);
    return ck_read_file(path, stat, sizeof stat) < 0
               ? 0 : (int32_t)ck_stat_field(stat, PARENT);
}

/* Its stat, and its state in that; 0: it is not there any more. */
static char read_stat(int32_t pid, int32_t tid, char *stat, size_t cap)
{
    char path[64];
    const char *p;

    ck_fmt(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
    if (ck_read_file(path, stat, cap) < 0)
        return 0;
    p = strrchr(stat, ')');
    return p && p[1] ? p[2] : '?';
}

char ck_state_of(int32_t pid, int32_t tid)
{
    char stat[1024];

    return read_stat(pid, tid, stat, sizeof stat);
}

int ck_thread_ended(int32_t pid, int32_t tid)
{
    char state = ck_state_of(pid, tid);

    return !state || state == 'Z' || state == 'X';
}

struct over {
    int32_t pid;
    int lives;
};

/* A process that ends closes its files first, and for a while looks like one
 * that lives: only the flags of its threads tell. */
static int look(int32_t tid, void *arg)
{
    struct over *o = arg;
    char stat[1024], state = read_stat(o->pid, tid, stat, sizeof stat);

    o->lives = state && state != 'Z' && state != 'X' &&
               !(ck_stat_field(stat, FLAGS) & PF_EXITING);
    return o->lives;
}

int ck_process_over(int32_t pid, uint64_t start)
{
    struct over o = {.pid = pid};
    char path[64];

    if (start && ck_start_of(pid) != start)
        return 1;
    ck_fmt(path, sizeof path, "/proc/%d/task", pid);
    ck_each_number(path, look, &o);
    return !o.lives;
}
