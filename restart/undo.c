/*
 * undo.c - puts files back that nobody has open in the image, and that were
 * appended to since the checkpoint (lib/image/undo.h).
 *
 * A file that is gone, is another one under the same name, or is no longer
 * than it was stays as it is; so does one that comes back with the image.
 * One that was opened other than for appending is put back only if it was
 * just made longer: a database that was cut to an old length would be torn.
 * Then its beginning has changed, or the end that it had, or it was empty and
 * is not text now; it stays, and that is said.
 *
 * A task of a step puts back what its own tree noted, on its own node; who
 * restarts a computation from outside, what all did, also those that have
 * ended.
 */
#include "restart/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"
#include "lib/base/undo.h"
#include "lib/res/res.h"

struct file {
    dev_t dev;
    ino_t ino;
};

static int order(const void *a, const void *b)
{
    const struct file *x = a, *y = b;

    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* Files that were opened for writing from the image. *n is set. */
static struct file *of_image(const struct ck_spawn *s, size_t *n)
{
    struct file *f = calloc(s->tree.img.nofd + 1, sizeof(*f));
    struct stat st;

    *n = 0;
    for (size_t i = 0; f && i < s->tree.img.nofd; i++) {
        int flags = s->src[i] < 0 ? -1 : fcntl(s->src[i], F_GETFL);

        if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY &&
            !fstat(s->src[i], &st) && S_ISREG(st.st_mode))
            f[(*n)++] = (struct file){st.st_dev, st.st_ino};
    }
    if (f)
        qsort(f, *n, sizeof(*f), order);
    return f;
}

static int same_file(const struct ck_undo_note *n, int fd)
{
    struct statx st;
    uint64_t born;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st))
        return 0;
    born = ck_undo_born(&st);
    return S_ISREG(st.stx_mode) && st.stx_ino == n->ino &&
           (!born || !n->born || born == n->born);
}

static int is_text(int fd)
{
    char buf[4096];
    ssize_t n = pread(fd, buf, sizeof(buf), 0);

    for (ssize_t i = 0; i < n; i++)
        if ((unsigned char)buf[i] < ' ' && !strchr("\t\n\v\f\r\b\a\033", buf[i]))
            return 0;
    return n > 0 && !memchr(buf, 0, (size_t)n);
}

/* Was it only made longer? */
static int just_longer(const struct ck_undo_note *n, int fd)
{
    uint8_t buf[CK_UNDO_BUF];
    uint64_t sum;

    if (n->flags & CK_UNDO_APPEND)
        return 1;
    if (!n->size)
        return is_text(fd);
    return !(n->flags & CK_UNDO_DATA) ||
           (!ck_undo_data(fd, n->size, buf, &sum) && sum == n->data);
}

static int put_back(struct ck_res_load *c, const struct ck_undo_note *n,
                    const struct file *f, size_t nf)
{
    struct file me;
    struct stat st;
    int fd, rc = 0;

    if (stat(n->path, &st) < 0 || !S_ISREG(st.st_mode) ||
        (uint64_t)st.st_size <= n->size)
        return 0;
    me = (struct file){st.st_dev, st.st_ino};
    if (st.st_ino != n->ino || bsearch(&me, f, nf, sizeof(*f), order))
        return 0;
    fd = ck_res_open(n->path, O_RDWR | O_NONBLOCK);
    if (fd < 0) /* what can't be read can't be kept */
        ck_log("%s can't be put back to its length at the checkpoint: %s",
               n->path, strerror(-fd));
    if (fd < 0)
        return 0;
    if (same_file(n, fd)) {
        if (just_longer(n, fd))
            rc = ck_res_rollback(c, fd, n->path, n->size);
        else
            ck_log("%s stays as it is: it was changed in place since the "
                   "checkpoint", n->path);
    }
    close(fd);
    return rc;
}

/* Notes of this run come after everything that there is. */
static int go_on_noting(const struct ck_spawn *s, struct ck_err *e)
{
    if (ck_undo_started(s->opts->job_dir, s->opts->tree))
        return 0;
    return ck_undo_start(s->opts->job_dir, s->opts->tree,
                         ck_sets_newest(s->opts->job_dir), e);
}

int ck_spawn_undo(struct ck_spawn *s, struct ck_res_load *c)
{
    struct ck_undo_list l = {0};
    struct ck_err e = {""};
    struct file *f = NULL;
    size_t nf = 0;
    int rc = go_on_noting(s, &e);

    if (!rc && !c->keep_files)
        rc = ck_undo_read(s->opts->job_dir,
                          s->opts->in_place ? s->opts->tree : NULL,
                          ck_jobdir_set_of(s->opts->set_dir),
                          &l, &e);
    if (!rc && l.n && !(f = of_image(s, &nf)))
        rc = -ENOMEM;
    c->why[0] = '\0';
    for (size_t i = 0; !rc && i < l.n; i++)
        rc = put_back(c, &l.item[i].note, f, nf);
    ck_undo_free(&l);
    free(f);
    if (!rc)
        return 0;
    return ck_res_why(s->why, s->whycap, rc, "%s",
                      c->why[0]   ? c->why
                      : e.text[0] ? e.text
                                  : strerror(-rc));
}
