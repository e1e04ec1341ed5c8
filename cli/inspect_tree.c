/*
 * inspect_tree.c - what a tree image says: the processes as a tree, and for
 * each its descriptors, described by the resource kinds themselves.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inspect.h"
#include "lib/proto/messages.h"
#include "lib/res/res.h"

struct view {
    struct ck_proc *proc;
    int *shown;
    size_t nproc;
    struct ck_fd *fd;
    size_t nfd;
    struct ck_ofd *ofd;
    size_t nofd;
};

static const char *kind_name(unsigned kind)
{
    switch (kind) {
    case CK_KIND_SAVED:
        return "saved";
    case CK_KIND_REEXEC:
        return "executed again";
    case CK_KIND_STANDIN:
        return "stand-in";
    case CK_KIND_ZOMBIE:
        return "zombie";
    default:
        return "?";
    }
}

static void free_view(struct view *v)
{
    free(v->proc);
    free(v->shown);
    free(v->fd);
    free(v->ofd);
}

static int load(const struct ck_imgfile *f, struct view *v,
                struct ck_tree *tree)
{
    struct ck_rd at, body;
    uint16_t tag;
    int rc, have_tree = 0;

    memset(v, 0, sizeof(*v));
    v->proc = calloc(ck_imgfile_count(f, CK_TAG_PROC) + 1, sizeof(*v->proc));
    v->shown = calloc(ck_imgfile_count(f, CK_TAG_PROC) + 1, sizeof(int));
    v->fd = calloc(ck_imgfile_count(f, CK_TAG_FD) + 1, sizeof(*v->fd));
    v->ofd = calloc(ck_imgfile_count(f, CK_TAG_OFD) + 1, sizeof(*v->ofd));
    if (!v->proc || !v->shown || !v->fd || !v->ofd)
        return -ENOMEM;
    ck_imgr_records(&f->r, &at);
    while ((rc = ck_imgr_next(&at, &tag, &body)) > 0) {
        if (tag == CK_TAG_PROC)
            rc = ck_proc_get(&body, &v->proc[v->nproc++]);
        else if (tag == CK_TAG_FD)
            rc = ck_fd_get(&body, &v->fd[v->nfd++]);
        else if (tag == CK_TAG_OFD)
            rc = ck_ofd_get(&body, &v->ofd[v->nofd++]);
        else if (tag == CK_TAG_TREE && ++have_tree)
            rc = ck_tree_get(&body, tree);
        else
            rc = 0;
        if (rc)
            return rc;
    }
    return rc ? rc : have_tree ? 0 : -EBADMSG;
}

static void describe(const struct view *v, uint32_t id, const char **kind,
                     char *buf, size_t cap)
{
    const struct ck_res *res;

    *kind = "?";
    snprintf(buf, cap, "description %u is missing", id);
    for (size_t i = 0; i < v->nofd; i++) {
        if (v->ofd[i].id != id)
            continue;
        *kind = v->ofd[i].kind;
        *buf = '\0';
        res = ck_res_named(v->ofd[i].kind);
        if (res && res->describe)
            res->describe(&v->ofd[i], buf, cap);
        return;
    }
}

static void show_fds(const struct view *v, const struct ck_proc *p, int depth,
                     struct ck_json *j)
{
    char what[512];
    const char *kind;

    for (size_t i = 0; i < v->nfd; i++) {
        const struct ck_fd *fd = &v->fd[i];

        if (fd->vpid != p->vpid)
            continue;
        describe(v, fd->ofd, &kind, what, sizeof(what));
        if (!j) {
            printf("%*s  %3u %s %s%s\n", 2 * depth + 2, "", fd->fd, kind,
                   what, fd->cloexec ? " (close-on-exec)" : "");
            continue;
        }
        ck_json_object(j, NULL);
        ck_json_u64(j, "fd", fd->fd);
        ck_json_u64(j, "ofd", fd->ofd);
        ck_json_str(j, "kind", kind);
        ck_json_str(j, "what", what);
        ck_json_bool(j, "cloexec", fd->cloexec);
        ck_json_end_object(j);
    }
}

static void show_proc(struct view *v, size_t at, int depth,
                      struct ck_json *j)
{
    const struct ck_proc *p = &v->proc[at];

    v->shown[at] = 1;
    if (j) {
        ck_json_object(j, NULL);
        ck_json_u64(j, "pid", p->vpid);
        ck_json_u64(j, "parent", p->vppid);
        ck_json_u64(j, "pgid", p->vpgid);
        ck_json_u64(j, "sid", p->vsid);
        ck_json_str(j, "state", kind_name(p->kind));
        ck_json_str(j, "exe", p->exe);
        ck_json_str(j, "cwd", p->cwd);
        ck_json_u64(j, "cwd_removed", p->gone);
        ck_json_str(j, "command", p->comm);
        ck_json_u64(j, "threads", p->tids.n / 4);
        ck_json_str(j, "image", p->image);
        ck_json_array(j, "fds");
        show_fds(v, p, depth, j);
        ck_json_end_array(j);
        ck_json_end_object(j);
    } else {
        printf("%*s%u %s (%s), group %u, session %u%s%s%s\n", 2 * depth + 2,
               "", p->vpid, p->comm, kind_name(p->kind), p->vpgid, p->vsid,
               *p->cwd ? ", in " : "", p->cwd,
               p->gone ? " (removed)" : "");
        show_fds(v, p, depth, j);
    }
    /* A loop of parents ends at the first that was shown already. */
    for (size_t i = 0; i < v->nproc; i++) {
        if (!v->shown[i] && v->proc[i].vppid == p->vpid && depth < 200)
            show_proc(v, i, depth + 1, j);
    }
}

static int has_parent(const struct view *v, const struct ck_proc *p)
{
    for (size_t i = 0; i < v->nproc; i++) {
        if (&v->proc[i] != p && v->proc[i].vpid == p->vppid)
            return 1;
    }
    return 0;
}

static void show_all(struct view *v, struct ck_json *j)
{
    for (size_t i = 0; i < v->nproc; i++) {
        if (!has_parent(v, &v->proc[i]))
            show_proc(v, i, 0, j);
    }
    for (size_t i = 0; i < v->nproc; i++) {
        if (!v->shown[i])
            show_proc(v, i, 0, j);
    }
}

int ck_inspect_tree(const struct ck_imgfile *f, struct ck_json *j,
                    struct ck_err *e)
{
    struct ck_tree t;
    struct view v;
    int rc = load(f, &v, &t);

    if (rc) {
        free_view(&v);
        return ck_err(e, rc, rc == -ENOMEM
                                 ? "out of memory"
                                 : "a tree image without a good tree record");
    }
    if (j) {
        ck_json_str(j, "tree", t.tree);
        ck_json_str(j, "node", t.node);
        ck_json_u64(j, "root", t.root_vpid);
        ck_json_str(j, "stdio", t.stdio);
        ck_json_str(j, "dir", t.job_dir);
        ck_json_array(j, "processes");
        show_all(&v, j);
        ck_json_end_array(j);
    } else {
        printf("tree     %s on %s, root %u, of %s\n", t.tree, t.node,
               t.root_vpid, t.job_dir);
        printf("processes\n");
        show_all(&v, NULL);
    }
    free_view(&v);
    return 0;
}
