/*
 * numbers.c - descriptor numbers that no program of the tree uses.
 *
 * Everything that is inherited lies on such numbers, so that a process can
 * put its descriptors in place in any order, without one being in the way of
 * another. The soft limit of open files is raised to the hard one for that.
 */
#include "restart/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Below is left to what the dynamic linker opens on its way. */
#define LOWEST 64

static int is_used(const struct ck_spawn *s, size_t fd)
{
    return fd < s->nused && s->used[fd / 8] >> (fd % 8) & 1;
}

int ck_spawn_numbers(struct ck_spawn *s)
{
    const struct ck_tree_image *m = &s->tree.img;
    struct rlimit lim;
    uint32_t max = 0;

    for (size_t i = 0; i < m->nfd; i++)
        max = m->fd[i].fd > max ? m->fd[i].fd : max;
    s->nused = (size_t)max + 1;
    s->used = calloc(s->nused / 8 + 1, 1);
    if (!s->used)
        return -ENOMEM;
    for (size_t i = 0; i < m->nfd; i++)
        s->used[m->fd[i].fd / 8] |= (uint8_t)(1u << m->fd[i].fd % 8);
    if (getrlimit(RLIMIT_NOFILE, &s->nofile) < 0)
        return -errno;
    lim = s->nofile;
    if (s->opts->nofile && s->opts->nofile < lim.rlim_max)
        lim.rlim_max = s->opts->nofile;
    lim.rlim_cur = lim.rlim_max;
    setrlimit(RLIMIT_NOFILE, &lim);
    if (max >= lim.rlim_cur)
        return ck_res_why(s->why, s->whycap, -EMFILE,
                          "a process has descriptor %u, and here the limit "
                          "of open files is %llu: raise it (ulimit -Hn)", max,
                          (unsigned long long)lim.rlim_cur);
    return 0;
}

int ck_spawn_free_number(struct ck_spawn *s, int from)
{
    while (is_used(s, (size_t)from) || fcntl(from, F_GETFD) >= 0)
        from++;
    return from;
}

int ck_spawn_high(struct ck_spawn *s, int fd)
{
    int from = LOWEST, high;

    for (;;) {
        high = fcntl(fd, F_DUPFD, from);
        if (high < 0 || !is_used(s, (size_t)high))
            break;
        from = high + 1;
        close(high);
    }
    if (high < 0 && errno == EINVAL)
        errno = EMFILE; /* `from` is beyond the limit */
    if (high < 0)
        high = ck_res_why(s->why, s->whycap, -errno,
                          "too few descriptors for this tree: %s; raise the "
                          "limit of open files (ulimit -Hn)",
                          strerror(errno));
    close(fd);
    return high;
}
