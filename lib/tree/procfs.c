/*
 * procfs.c - reads what /proc says of a process. Nothing here trusts a
 * command name: it may hold blanks and parentheses.
 */
#include "lib/tree/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_FIELD 22
#define EXIT_SIGNAL_FIELD 38
#define EXIT_CODE_FIELD 52

static long read_small(const char *path, char *buf, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return -errno;
    n = read(fd, buf, cap - 1);
    if (n < 0)
        n = -errno;
    close(fd);
    if (n >= 0)
        buf[n] = '\0';
    return n;
}

int ck_proc_stat_read(pid_t pid, struct ck_proc_stat *st)
{
    char path[64], buf[2048], *open_paren, *close_paren, *p;
    long n;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    n = read_small(path, buf, sizeof(buf));
    if (n < 0)
        return (int)n;
    memset(st, 0, sizeof(*st));
    st->pid = pid;
    open_paren = strchr(buf, '(');
    close_paren = strrchr(buf, ')');
    if (!open_paren || !close_paren || close_paren < open_paren)
        return -EBADMSG;
    *close_paren = '\0';
    snprintf(st->comm, sizeof(st->comm), "%s", open_paren + 1);
    p = close_paren + 1;
    if (sscanf(p, " %c %d %d %d %*d %d", &st->state, &st->ppid, &st->pgid,
               &st->sid, &st->foreground) != 5)
        return -EBADMSG;
    for (int field = 3; p && field <= EXIT_CODE_FIELD; field++) {
        p = strchr(p, ' ');
        if (p && field == START_FIELD)
            st->start = strtoull(p, NULL, 10);
        if (p && field == EXIT_SIGNAL_FIELD)
            st->exit_signal = atoi(p);
        if (p && field == EXIT_CODE_FIELD)
            st->exit_code = atoi(p);
        if (p)
            p++;
    }
    return 0;
}

void *ck_proc_slurp(const char *path, size_t *len)
{
    size_t cap = 4096, n = 0;
    char *buf = malloc(cap);
    int fd = open(path, O_RDONLY | O_CLOEXEC), err;

    while (buf && fd >= 0) {
        ssize_t k = read(fd, buf + n, cap - n - 1);
        char *more;

        if (k < 0)
            break;
        if (k == 0) {
            close(fd);
            buf[n] = '\0';
            *len = n;
            return buf;
        }
        n += (size_t)k;
        if (cap - n > 1)
            continue;
        more = realloc(buf, cap *= 2);
        if (!more)
            break;
        buf = more;
    }
    err = errno;
    if (fd >= 0)
        close(fd);
    free(buf);
    errno = err;
    return NULL;
}
