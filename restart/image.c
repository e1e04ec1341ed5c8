/*
 * image.c - see image.h. The reader checks sums and frames; here is checked
 * that the numbers fit together, so that the plan may rely on it.
 */
#include "restart/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int ck_restart_open_image(const char *path, struct ck_imgr *r, void **index,
                          char *why, size_t cap)
{
    char text[128];
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

    *index = NULL;
    if (fd < 0)
        return ck_res_why(why, cap, -errno, "can't open %s: %s", path,
                          strerror(errno));
    rc = ck_imgr_open(r, fd);
    if (!rc) {
        *index = malloc(r->index_len + 1);
        rc = *index ? ck_imgr_load(r, *index, r->index_len) : -ENOMEM;
    }
    if (!rc)
        return fd;
    close(fd);
    free(*index);
    *index = NULL;
    return ck_res_why(why, cap, rc, "%s: %s", path,
                      ck_imgr_strerror(rc, text, sizeof(text)));
}

int ck_restart_each_block(const struct ck_imgr *r, uint64_t stream,
                          void *scratch,
                          int (*put)(void *arg, uint64_t off, const void *p,
                                     size_t n),
                          void *arg)
{
    struct ck_imgr_stream s;
    int rc = ck_imgr_stream_find(r, stream, &s);

    if (rc)
        return rc == -ENOENT ? 0 : rc;
    for (uint32_t i = 0; !rc && i < s.count; i++) {
        struct ck_imgr_block b;
        size_t at = 0;

        rc = ck_imgr_block(r, &s, i, scratch, &b);
        for (uint32_t k = 0; !rc && k < b.nruns; k++) {
            rc = put(arg, b.run[k].addr, b.data + at, b.run[k].len);
            at += b.run[k].len;
        }
    }
    return rc;
}

static int source_read(struct ck_res_source *s, uint32_t id,
                       int (*put)(void *arg, uint64_t off, const void *p,
                                  size_t n),
                       void *arg)
{
    struct ck_tree_file *t = (struct ck_tree_file *)s;

    return ck_restart_each_block(&t->r, id, t->scratch, put, arg);
}

static int by_id(const void *a, const void *b)
{
    const struct ck_ofd *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static int by_number(const void *a, const void *b)
{
    const struct ck_fd *x = a, *y = b;

    if (x->vpid != y->vpid)
        return x->vpid < y->vpid ? -1 : 1;
    return (x->fd > y->fd) - (x->fd < y->fd);
}

static int count(struct ck_tree_file *t)
{
    size_t n[CK_TAG_PLACEMENT + 1] = {0};
    struct ck_rd at, body;
    uint16_t tag;
    int rc;

    ck_imgr_records(&t->r, &at);
    while ((rc = ck_imgr_next(&at, &tag, &body)) > 0)
        n[tag <= CK_TAG_PLACEMENT ? tag : 0]++;
    if (rc || n[CK_TAG_TREE] != 1 || !n[CK_TAG_PROC])
        return rc ? rc : -EBADMSG;
    t->img.proc = calloc(n[CK_TAG_PROC] + 1, sizeof(*t->img.proc));
    t->img.fd = calloc(n[CK_TAG_FD] + 1, sizeof(*t->img.fd));
    t->img.ofd = calloc(n[CK_TAG_OFD] + 1, sizeof(*t->img.ofd));
    t->img.sysv = calloc(n[CK_TAG_SYSV] + 1, sizeof(*t->img.sysv));
    return t->img.proc && t->img.fd && t->img.ofd && t->img.sysv ? 0
                                                                 : -ENOMEM;
}

static int decode(struct ck_tree_file *t)
{
    struct ck_tree_image *m = &t->img;
    struct ck_rd at, body;
    uint16_t tag;
    int rc, bad = 0;

    ck_imgr_records(&t->r, &at);
    while (!bad && (rc = ck_imgr_next(&at, &tag, &body)) > 0) {
        if (tag == CK_TAG_TREE)
            bad = ck_tree_get(&body, &m->tree);
        else if (tag == CK_TAG_PROC)
            bad = ck_proc_get(&body, &m->proc[m->nproc++]);
        else if (tag == CK_TAG_FD)
            bad = ck_fd_get(&body, &m->fd[m->nfd++]);
        else if (tag == CK_TAG_OFD)
            bad = ck_ofd_get(&body, &m->ofd[m->nofd++]);
        else if (tag == CK_TAG_SYSV)
            bad = ck_sysv_get(&body, &m->sysv[m->nsysv++]);
        else if (tag == CK_TAG_PLACEMENT)
            bad = ck_placement_get(&body, &m->placement);
    }
    qsort(m->fd, m->nfd, sizeof(*m->fd), by_number);
    qsort(m->ofd, m->nofd, sizeof(*m->ofd), by_id);
    return bad ? bad : rc;
}

/* An image name is a plain file name: it is opened in the set's directory. */
static int consistent(const struct ck_tree_image *m)
{
    for (size_t i = 0; i < m->nproc; i++) {
        const struct ck_proc *p = &m->proc[i];

        if (!p->vpid || p->vpid > INT32_MAX || p->vpgid > INT32_MAX ||
            p->vsid > INT32_MAX || p->tids.n % 4 || strchr(p->image, '/'))
            return 0;
    }
    for (size_t i = 1; i < m->nofd; i++) {
        if (m->ofd[i].id == m->ofd[i - 1].id)
            return 0;
    }
    for (size_t i = 0; i < m->nfd; i++) {
        if (m->fd[i].fd > (1u << 30) ||
            (i && m->fd[i].vpid == m->fd[i - 1].vpid &&
             m->fd[i].fd == m->fd[i - 1].fd))
            return 0;
    }
    return 1;
}

int ck_tree_open(struct ck_tree_file *t, const char *path, char *why,
                 size_t cap)
{
    int rc;

    memset(t, 0, sizeof(*t));
    t->source.read = source_read;
    t->fd = ck_restart_open_image(path, &t->r, &t->index, why, cap);
    if (t->fd < 0)
        return t->fd;
    t->scratch = malloc(CK_IMGR_SCRATCH_SIZE);
    rc = t->scratch ? 0 : -ENOMEM;
    if (!rc && t->r.kind != CK_IMAGE_TREE)
        rc = -EBADMSG;
    if (!rc)
        rc = count(t);
    if (!rc)
        rc = decode(t);
    if (!rc && !consistent(&t->img))
        rc = -EBADMSG;
    if (rc)
        ck_res_why(why, cap, rc, "%s is not a good tree image: %s", path,
                   strerror(-rc));
    return rc;
}

void ck_tree_close(struct ck_tree_file *t)
{
    if (t->fd >= 0)
        close(t->fd);
    free(t->img.proc);
    free(t->img.fd);
    free(t->img.ofd);
    free(t->img.sysv);
    free(t->index);
    free(t->scratch);
    memset(t, 0, sizeof(*t));
    t->fd = -1;
}

long ck_tree_ofd(const struct ck_tree_image *img, uint32_t id)
{
    size_t lo = 0, hi = img->nofd;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (img->ofd[mid].id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < img->nofd && img->ofd[lo].id == id ? (long)lo : -1;
}
