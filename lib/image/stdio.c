/* stdio.c - see stdio.h. */
#include "lib/image/stdio.h"

#include <errno.h>
#include <fcntl.h>

#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"

#define MAJOR(dev) ((unsigned)((dev) >> 8 & 0xfff))

/* Which majors are terminals is fixed by the kernel's device list: consoles
 * and serial lines (4), /dev/tty and its like (5), slaves (136..143), and
 * the virtual consoles of hypervisors (229). */
static char kind_of(const struct stat *st)
{
    unsigned maj = MAJOR(st->st_rdev);

    switch (st->st_mode & S_IFMT) {
    case S_IFIFO:
        return 'p';
    case S_IFSOCK:
        return 's';
    case S_IFCHR:
        if (maj == 4 || maj == 5 || maj == 229 || (maj >= 136 && maj <= 143))
            return 't';
        return 'd';
    case S_IFBLK:
        return 'd';
    default:
        return 'f';
    }
}

/* Other things come back by themselves, or are refused. All that opens a
 * device of major 5 (/dev/tty, /dev/ptmx) would be taken for this one. */
static int leads_outside(const struct stat *st)
{
    char kind = kind_of(st);

    return kind == 'p' || kind == 's' ||
           (kind == 't' && MAJOR(st->st_rdev) != 5);
}

static int is_given(int fd)
{
    struct stat st;
    long flags = sys2(SYS_fcntl, fd, F_GETFD);

    if (sys_failed(flags))
        return 0;
    return fd <= 2 || (!(flags & FD_CLOEXEC) &&
                       !sys_failed(sys2(SYS_fstat, fd, &st)) &&
                       leads_outside(&st));
}

struct given {
    struct ck_given *v;
    size_t n, cap;
    int dir; /* is none of them */
};

static int note_given(const char *name, void *arg)
{
    struct given *g = arg;
    const char *p = name;
    int fd = (int)ck_parse_u64(&p, 10);

    if (p != name && fd != g->dir && is_given(fd))
        g->v[g->n++] = (struct ck_given){(uint32_t)fd, fd};
    return g->n == g->cap;
}

size_t ck_given_here(struct ck_given *v, size_t cap)
{
    struct given g = {.v = v, .cap = cap};
    long dir = sys4(SYS_openat, AT_FDCWD, "/proc/self/fd",
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    if (sys_failed(dir))
        return 0;
    g.dir = (int)dir;
    ck_each_entry(g.dir, note_given, &g);
    sys1(SYS_close, dir);
    return g.n;
}

static int identity(const struct stat *st, char *buf, size_t cap)
{
    return ck_fmt(buf, cap, "%c:%lu:%lu", kind_of(st),
                  (unsigned long)st->st_dev, (unsigned long)st->st_ino);
}

int ck_given_ids(const struct ck_given *v, size_t n, char *buf, size_t cap)
{
    size_t len = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        struct stat st;
        int k;

        if (sys_failed(sys2(SYS_fstat, v[i].fd, &st)))
            continue;
        k = ck_fmt(buf + len, cap - len, "%s%u=", len ? "," : "",
                   v[i].number);
        if (k < 0)
            return k;
        len += (size_t)k;
        k = identity(&st, buf + len, cap - len);
        if (k < 0)
            return k;
        len += (size_t)k;
    }
    return (int)len;
}

size_t ck_given_numbers(const char *ids, const struct stat *st, uint32_t *out,
                        size_t cap)
{
    size_t count = 0;
    char mine[64];
    int n = identity(st, mine, sizeof(mine));

    while (n > 0 && ids && *ids) {
        uint32_t number = (uint32_t)ck_parse_u64(&ids, 10);
        int k = 0;

        if (*ids == '=')
            ids++;
        while (k < n && ids[k] == mine[k])
            k++;
        if (k == n && (ids[k] == ',' || ids[k] == '\0') && count < cap)
            out[count++] = number;
        while (*ids && *ids != ',')
            ids++;
        if (*ids == ',')
            ids++;
    }
    return count;
}
