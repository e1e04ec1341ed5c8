/*
 * cwd.c - working directories that were removed.
 *
 * Each is made again and removed again (lib/res/dir.c), and lies on a number
 * that no program uses. Processes change to it by that number's name in
 * /proc, which the plan finds in place of the path. Those that were in one
 * directory are in one afterwards, and so are those that have it open.
 */
#include "restart/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/res/kind.h"

static struct ck_spawn_cwd *removed(struct ck_spawn *s, struct ck_res_load *c,
                                    const struct ck_proc *p)
{
    struct ck_spawn_cwd *d = &s->cwd[s->ncwd];
    int fd;

    for (size_t i = 0; i < s->ncwd; i++) {
        if (s->cwd[i].dev == p->cwd_dev && s->cwd[i].ino == p->cwd_ino)
            return &s->cwd[i];
    }
    fd = ck_res_removed_dir(c, p->cwd, p->cwd_dev, p->cwd_ino, p->cwd_attr);
    if (fd < 0) {
        ck_res_why(s->why, s->whycap, fd,
                   "the working directory %s was removed, and one like it "
                   "can't be made in %s: %s", p->cwd, s->opts->job_dir,
                   strerror(-fd));
        return NULL;
    }
    fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    d->fd = fd < 0 ? fd : ck_spawn_high(s, fd);
    if (d->fd < 0)
        return NULL;
    d->dev = p->cwd_dev;
    d->ino = p->cwd_ino;
    snprintf(d->name, sizeof(d->name), "/proc/self/fd/%d", d->fd);
    s->ncwd++;
    return d;
}

int ck_spawn_cwds(struct ck_spawn *s, struct ck_res_load *c)
{
    struct ck_tree_image *m = &s->tree.img;

    s->cwd = calloc(m->nproc + 1, sizeof(*s->cwd));
    if (!s->cwd)
        return -ENOMEM;
    for (size_t i = 0; i < m->nproc; i++) {
        struct ck_spawn_cwd *d;

        if (!m->proc[i].gone)
            continue;
        d = removed(s, c, &m->proc[i]);
        if (!d)
            return -EIO;
        m->proc[i].cwd = d->name;
    }
    return 0;
}
