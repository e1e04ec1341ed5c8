/* stdio.c - see stdio.h. */
#include "lib/image/stdio.h"

#include <errno.h>

#include "lib/sys/fmt.h"
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

int ck_stdio_id(const struct stat *st, char *buf, size_t cap)
{
    if (!st)
        return ck_fmt(buf, cap, "n:0:0");
    return ck_fmt(buf, cap, "%c:%lu:%lu", kind_of(st),
                  (unsigned long)st->st_dev, (unsigned long)st->st_ino);
}

int ck_stdio_ids(const int fd[3], char *buf, size_t cap)
{
    size_t len = 0;

    for (int i = 0; i < 3; i++) {
        struct stat st;
        int there = !sys_failed(sys2(SYS_fstat, fd[i], &st));
        int n = ck_stdio_id(there ? &st : NULL, buf + len, cap - len);

        if (n < 0)
            return n;
        len += (size_t)n;
        if (i < 2) {
            if (len + 2 > cap)
                return -ENAMETOOLONG;
            buf[len++] = ',';
            buf[len] = '\0';
        }
    }
    return (int)len;
}

unsigned ck_stdio_slots(const char *ids, const struct stat *st)
{
    char mine[64];
    unsigned bits = 0, i = 0;
    int n = ck_stdio_id(st, mine, sizeof(mine));

    while (n > 0 && ids && *ids && i < 3) {
        int k = 0;

        while (k < n && ids[k] == mine[k])
            k++;
        if (k == n && (ids[k] == ',' || ids[k] == '\0'))
            bits |= 1u << i;
        while (*ids && *ids != ',')
            ids++;
        if (*ids == ',')
            ids++;
        i++;
    }
    return bits;
}
