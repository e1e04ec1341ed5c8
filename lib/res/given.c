/*
 * given.c - what the tree's root was given and leads outside: which of the
 * surroundings' descriptors takes its place at a restart.
 *
 * Standard input, output and error are taken as they are now, whatever they
 * are. A higher number, which whoever started the root left open, is taken if
 * what is there now is alike. Where nothing is, the kind makes what the
 * program would find if the other end had closed.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int ck_res_given_has(const struct ck_ofd *rec, uint32_t number)
{
    struct ck_rd r;

    ck_rd_init(&r, rec->given.p, rec->given.n);
    for (uint32_t i = 0; i < rec->given.n / 4; i++) {
        if (ck_get_uint(&r, 4) == number)
            return 1;
    }
    return 0;
}

static int fits(const struct ck_ofd *rec, const struct ck_given *g, int fd)
{
    unsigned want = rec->flags & O_ACCMODE, have;

    if (g->number <= 2 && g->number == (uint32_t)fd)
        return 1;
    have = (unsigned)fcntl(g->fd, F_GETFL) & O_ACCMODE;
    if (g->number <= 2)
        return want == O_RDWR || have == O_RDWR || have == want;
    return (have == O_RDWR || have == want) &&
           ck_res_named(rec->kind)->alike(rec, g->fd);
}

/* What is written goes to where output or errors go, rather than to where
 * input comes from. */
static int rank(const struct ck_ofd *rec, const struct ck_given *g, int fd)
{
    int writer = (rec->flags & O_ACCMODE) != O_RDONLY;

    if (g->number == (uint32_t)fd)
        return -1;
    if (g->number > 2)
        return (int)g->number;
    return writer ? ((int)g->number + 2) % 3 : (int)g->number;
}

const struct ck_given *ck_res_given(const struct ck_given *v, size_t n,
                                    const struct ck_ofd *rec, int fd)
{
    const struct ck_res *res = ck_res_named(rec->kind);
    const struct ck_given *best = NULL;

    for (size_t i = 0; res && res->alike && i < n; i++) {
        if (ck_res_given_has(rec, v[i].number) && fits(rec, &v[i], fd) &&
            (!best || rank(rec, &v[i], fd) < rank(rec, best, fd)))
            best = &v[i];
    }
    return best;
}

size_t ck_res_given_text(const struct ck_given *v, size_t n, char *buf,
                         size_t cap)
{
    size_t len = 0, count = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        struct stat st;

        if (v[i].number <= 2 || fstat(v[i].fd, &st) < 0)
            continue;
        count++;
        if (len + 30 > cap) /* a number and three words */
            continue;
        len += (size_t)snprintf(buf + len, cap - len, "%s%u (a %s)",
                                len ? ", " : "", v[i].number,
                                S_ISFIFO(st.st_mode)   ? "pipe"
                                : S_ISSOCK(st.st_mode) ? "socket"
                                                       : "terminal");
    }
    return count;
}

/* O_NONBLOCK is the program's own wish and what it put on the old one. */
int ck_res_adopt(struct ck_res_load *c, const struct ck_ofd *rec,
                 const struct ck_given *g)
{
    int fd = fcntl(g->fd, F_DUPFD_CLOEXEC, 3);

    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "can't take over descriptor %u: %s", g->number,
                          strerror(errno));
    if (rec->flags & O_NONBLOCK)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

int ck_res_alike_socket(int fd, int domain, int type)
{
    int d = 0, t = 0, listens = 0;
    socklen_t n = sizeof(int);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &d, &n) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &t, &n) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 &&
           d == domain && t == type && !listens;
}
