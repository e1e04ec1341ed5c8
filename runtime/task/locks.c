/*
 * locks.c - record locks and leases, which belong to the process: it takes
 * them again itself, before the programs run.
 *
 * Only what stands at the descriptors tells which of them a lock was taken
 * through; /proc/locks tells in one reading whether there is anything to
 * look for. A process loses its record locks on a file when it closes any
 * descriptor of it, so they are taken when all memory and descriptors are
 * back.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"
#include "runtime/task/task.h"
#include "runtime/thread.h"

#define LOCKS_MAX 1024

struct held {
    int32_t fd;
    int16_t lease; /* else a record lock */
    int16_t type;  /* F_RDLCK, F_WRLCK */
    int64_t start, len; /* 0: to the end */
};

static struct {
    uint32_t n;
    struct held l[LOCKS_MAX];
} saved;

static char text[64 * 1024];

static const char *word(const char *p)
{
    while (*p && *p != ' ' && *p != '\n')
        p++;
    while (*p == ' ')
        p++;
    return p;
}

/* p: "1: POSIX  ADVISORY  WRITE 123 00:2d:45 0 EOF". Is it one of this
 * process? Then *l is filled but for the descriptor. */
static int parse(const char *p, struct held *l)
{
    const char *type;

    p = word(p);
    memset(l, 0, sizeof *l);
    l->lease = ck_starts(p, "LEASE");
    if (!l->lease && !ck_starts(p, "POSIX"))
        return 0;
    type = word(word(p));
    l->type = ck_starts(type, "WRITE") ? F_WRLCK : F_RDLCK;
    p = word(type);
    if ((int32_t)ck_parse_u64(&p, 10) != ck_getpid())
        return 0;
    p = word(word(p));
    l->start = (int64_t)ck_parse_u64(&p, 10);
    p = word(p);
    if (*p >= '0' && *p <= '9')
        l->len = (int64_t)ck_parse_u64(&p, 10) - l->start + 1;
    return 1;
}

/* Is anything of ours in the list of the whole machine? Where it is too long
 * or can't be read, the descriptors tell. */
static int any(void)
{
    long n = ck_read_file("/proc/locks", text, sizeof text);
    struct held l;

    if (n < 0)
        return 1;
    for (const char *p = text; p; p = strchr(p, '\n')) {
        p += *p == '\n';
        if (parse(p, &l))
            return 1;
    }
    return 0;
}

static int read_one(int32_t fd, void *arg)
{
    const char *dir = arg, *p;
    char path[96];
    long n;

    ck_fmt(path, sizeof path, "%s/%d", dir, fd);
    n = ck_read_file(path, text, sizeof text);
    if (n == -EFBIG)
        saved.n = LOCKS_MAX;
    for (p = n > 0 ? strstr(text, "\nlock:\t") : NULL;
         p && saved.n < LOCKS_MAX; p = strstr(p, "\nlock:\t")) {
        p += 7;
        if (parse(p, &saved.l[saved.n]))
            saved.l[saved.n++].fd = fd;
    }
    return saved.n == LOCKS_MAX;
}

int ck_locks_save(char *why, size_t cap)
{
    char dir[64];

    saved.n = 0;
    if (!any())
        return 0;
    for (uint32_t i = 0; i < ck_threads.n; i++) {
        if (!ck_threads.slot[i].tid)
            continue;
        ck_fmt(dir, sizeof dir, "/proc/self/task/%d/fdinfo",
               ck_threads.slot[i].tid);
        ck_each_number(dir, read_one, dir);
        break;
    }
    if (saved.n < LOCKS_MAX)
        return 0;
    ck_fmt(why, cap, "it holds more than %d record locks", LOCKS_MAX);
    return -EOPNOTSUPP;
}

int ck_locks_restore(enum ck_stage stage, char *why, size_t cap)
{
    for (uint32_t i = 0; stage == CK_STAGE_EARLY && i < saved.n; i++) {
        const struct held *l = &saved.l[i];
        struct flock f = {.l_type = l->type, .l_start = l->start,
                          .l_len = l->len};
        long r = l->lease ? sys3(SYS_fcntl, l->fd, F_SETLEASE, l->type)
                          : sys3(SYS_fcntl, l->fd, F_SETLK, &f);

        if (r < 0) {
            ck_fmt(why, cap, "the %s that it had through descriptor %d "
                   "can't be had again: somebody else has the file %s",
                   l->lease ? "lease" : "record lock", l->fd,
                   l->lease ? "open" : "locked");
            return (int)r;
        }
    }
    return 0;
}
