/*
 * plan.c - the list of operations of each process of a restart (pure).
 *
 * Order within a list: what must be inherited from before setsid, setsid,
 * own group, the rest of the children, the group of somebody else, helpers
 * and zombies out of the way, and last what makes the process the saved one.
 * Every wait is for somebody whose own way there does not lead through a
 * wait for us: children are made before anything is waited for.
 */
#include "restart/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/messages.h"
#include "lib/res/res.h"
#include "restart/graph.h"
#include "restart/ops.h"

struct maker {
    struct ck_plan *plan;
    const struct ck_tree_image *img;
    const struct ck_plan_facts *facts;
    struct ck_graph g;
    int *actor; /* by node */
    int *first; /* first that a node makes, and the next of the same maker */
    int *next;
};

#define OP_HEADER 6

/* Room for one more operation with `extra` bytes of text. */
static int grow(struct ck_actor *a, size_t extra)
{
    size_t need = a->nops + OP_HEADER + 64 + extra;
    uint8_t *more;

    if (need <= a->cap)
        return 0;
    more = realloc(a->ops, need * 2);
    if (!more)
        return -ENOMEM;
    a->ops = more;
    a->cap = need * 2;
    return 0;
}

/* EMIT(actor, name, TYPE, extra, fields...): one operation. */
#define EMIT(a, name, TYPE, extra, ...)                                     \
    __extension__({                                                         \
        struct ck_op_##name rec_ = {__VA_ARGS__};                           \
        int rc_ = grow((a), (extra));                                       \
        struct ck_wr w_;                                                    \
        if (!rc_) {                                                         \
            ck_wr_init(&w_, (a)->ops + (a)->nops, (a)->cap - (a)->nops);    \
            ck_put_uint(&w_, CK_OP_T_##TYPE, 2);                            \
            ck_put_uint(&w_, 0, 4);                                         \
            ck_op_##name##_put(&w_, &rec_);                                 \
            rc_ = end_op((a), &w_);                                         \
        }                                                                   \
        rc_;                                                                \
    })

static int end_op(struct ck_actor *a, struct ck_wr *w)
{
    struct ck_wr len;

    if (w->bad)
        return -ENOMEM;
    ck_wr_init(&len, w->p + 2, 4);
    ck_put_uint(&len, w->len - OP_HEADER, 4);
    a->nops += w->len;
    return 0;
}

static int emit_forks(struct maker *m, int i, enum ck_when when)
{
    struct ck_actor *a = &m->plan->actor[m->actor[i]];
    int rc = 0;

    for (int j = m->first[i]; !rc && j >= 0; j = m->next[j]) {
        if (m->g.node[j].when == when)
            rc = EMIT(a, fork, FORK, 0, (uint32_t)m->actor[j]);
    }
    return rc;
}

static int is_corpse(const struct maker *m, int j)
{
    int proc = m->g.node[j].proc;

    return proc >= 0 && (m->img->proc[proc].kind == CK_KIND_ZOMBIE ||
                         m->img->proc[proc].kind == CK_KIND_STANDIN);
}

static int emit_reap(struct maker *m, struct ck_actor *a, int j, int phase)
{
    int rc = EMIT(a, reap, REAP, 0, (uint32_t)m->actor[j]);

    if (!rc && phase >= 0)
        rc = EMIT(a, joined, JOINED, 0, m->g.phase[phase].gone, 1);
    return rc;
}

static int emit_heir(struct maker *m, struct ck_actor *a, int phase, int on)
{
    const struct ck_adopt *ph = &m->g.phase[phase];
    int rc = 0;

    if (on && phase)
        rc = EMIT(a, await, AWAIT, 0, ph[-1].over, ph[-1].heirs);
    if (!on)
        rc = EMIT(a, await, AWAIT, 0, ph->gone, ph->helpers);
    if (!rc)
        rc = EMIT(a, subreaper, SUBREAPER, 0, (uint8_t)on);
    if (!rc)
        rc = EMIT(a, joined, JOINED, 0, on ? ph->ready : ph->over, 1);
    return rc;
}

/* Its helpers end, each in its phase, and those in no phase at the end; its
 * dead children are dead when all are where they belong. */
static int emit_waits(struct maker *m, int i)
{
    struct ck_actor *a = &m->plan->actor[m->actor[i]];
    const struct ck_node *node = m->g.node;
    int rc = 0;

    for (int k = 0; !rc && k < m->g.nphases; k++) {
        if (node[i].adopts == k)
            rc = emit_heir(m, a, k, 1);
        for (int j = m->first[i]; !rc && j >= 0; j = m->next[j])
            if (node[j].leaves == k)
                rc = emit_reap(m, a, j, k);
        if (!rc && node[i].adopts == k)
            rc = emit_heir(m, a, k, 0);
    }
    for (int j = m->first[i]; !rc && j >= 0; j = m->next[j])
        if (node[j].proc < 0 && node[j].leaves < 0)
            rc = emit_reap(m, a, j, -1);
    for (size_t j = 0; !rc && j < m->g.nproc; j++)
        if (node[j].parent == i && is_corpse(m, (int)j))
            rc = EMIT(a, corpse, CORPSE, 0, node[j].vpid);
    return rc;
}

/* A helper that was only there to be outlived: when its heir, who may be the
 * surroundings, is the only one to adopt what it has made. */
static int emit_leave(struct maker *m, struct ck_actor *a, int i)
{
    const struct ck_adopt *ph = &m->g.phase[m->g.node[i].leaves];

    if (ph->depth >= 0)
        return EMIT(a, await, AWAIT, 0, ph->ready, ph->heirs);
    if (ph == m->g.phase)
        return 0;
    return EMIT(a, await, AWAIT, 0, ph[-1].over, ph[-1].heirs);
}

static int emit_join(struct maker *m, int i)
{
    const struct ck_node *n = &m->g.node[i];
    struct ck_actor *a = &m->plan->actor[m->actor[i]];
    int rc = EMIT(a, setpgid, SETPGID, 0, n->group,
                  ck_graph_is_outside(&m->g, n->group));

    if (!rc && n->joins >= 0)
        rc = EMIT(a, joined, JOINED, 0, (uint32_t)n->joins, 1);
    return rc;
}

static int emit_await(struct ck_actor *a, const struct ck_node *n)
{
    if (n->word < 0)
        return 0;
    return EMIT(a, await, AWAIT, 0, (uint32_t)n->word, n->members);
}

/* The terminals that came back with the tree and that session `n` is at. With
 * `group` those get their foreground group; else the session gets them, which
 * its leader has to see to before it makes anybody who inherits them. */
static int emit_own_terminals(struct maker *m, struct ck_actor *a,
                              const struct ck_node *n, int group)
{
    int rc = 0;

    for (size_t i = 0; !rc && n->leads_session && i < m->img->nofd; i++) {
        uint32_t fd = (uint32_t)m->facts->src[i], foreground = 0;

        if (ck_res_pty_session(&m->img->ofd[i], &foreground) != n->vpid)
            continue;
        if (!group)
            rc = EMIT(a, ctty, CTTY, 0, fd);
        else if (foreground)
            rc = EMIT(a, terminal, TERMINAL, 0, fd, foreground, 1);
    }
    return rc;
}

/* Everything up to the process being in its place among the others. */
static int emit_place(struct maker *m, int i)
{
    const struct ck_node *n = &m->g.node[i];
    struct ck_actor *a = &m->plan->actor[m->actor[i]];
    int joins = n->group && !n->leads_session && n->group != n->vpid;
    int rc;

    rc = emit_forks(m, i, CK_EARLY);
    if (!rc && n->leads_session)
        rc = EMIT(a, setsid, SETSID, 0, .none = 0);
    if (!rc)
        rc = emit_own_terminals(m, a, n, 0);
    if (!rc && n->leads_group)
        rc = EMIT(a, setpgid, SETPGID, 0, n->vpid, 0);
    if (!rc)
        rc = emit_forks(m, i, CK_LATE);
    if (!rc && joins)
        rc = emit_join(m, i);
    if (!rc && n->leaves >= 0)
        rc = emit_leave(m, a, i);
    if (!rc)
        rc = emit_waits(m, i);
    if (!rc)
        rc = emit_await(a, n);
    if (!rc)
        rc = emit_own_terminals(m, a, n, 1);
    return rc;
}

/* What the surroundings have given for this description; NULL: nothing. */
static const struct ck_given *given(const struct maker *m, long ofd, int fd)
{
    return ck_res_given(m->facts->given, m->facts->ngiven, &m->img->ofd[ofd],
                        fd);
}

static int source_of(const struct maker *m, const struct ck_fd *f)
{
    long i = ck_tree_ofd(m->img, f->ofd);
    const struct ck_given *g = i < 0 ? NULL : given(m, i, (int)f->fd);

    return g ? g->fd : i < 0 ? -1 : m->facts->src[i];
}

static int order_u32(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Closes every number that is not in keep[0..n). */
static int emit_closes(struct ck_actor *a, uint32_t *keep, size_t n)
{
    uint32_t from = 0;
    int rc = 0;

    qsort(keep, n, sizeof(*keep), order_u32);
    for (size_t i = 0; !rc && i < n; i++) {
        if (keep[i] > from)
            rc = EMIT(a, close, CLOSE, 0, from, keep[i] - 1);
        if (keep[i] >= from)
            from = keep[i] + 1;
    }
    return rc ? rc : EMIT(a, close, CLOSE, 0, from, ~0u);
}

/* Whose its signals are is said by the first who has it, through the number
 * that these signals tell. */
static int emit_owner(struct maker *m, struct ck_actor *a,
                      const struct ck_fd *fd)
{
    long i = ck_tree_ofd(m->img, fd->ofd);
    const struct ck_ofd *o = i < 0 ? NULL : &m->img->ofd[i];

    if (!o || !(o->owner || o->sig || o->flags & O_ASYNC) ||
        given(m, i, (int)fd->fd))
        return 0;
    for (const struct ck_fd *k = m->img->fd; k < fd; k++) {
        if (k->ofd == fd->ofd)
            return 0;
    }
    return EMIT(a, owner, OWNER, 0, fd->fd, o->owner, o->owner_type, o->sig,
                !!(o->flags & O_ASYNC));
}

/* A launcher that is executed again gets 0 to 2, whatever became of them: srun
 * marks them close-on-exec, and closes its input at the end of that; the next
 * socket it makes would be its standard input. */
static int emit_standard(struct ck_actor *a, uint32_t *keep, size_t *n)
{
    static const char null[] = "/dev/null";
    size_t had = *n;
    int rc = 0;

    for (uint32_t no = 0; !rc && no < 3; no++) {
        size_t k = 0;

        while (k < had && keep[k] != no)
            k++;
        if (k < had)
            continue;
        rc = EMIT(a, open, OPEN, sizeof(null), no, O_RDWR, null);
        keep[(*n)++] = no;
    }
    return rc;
}

/* A launcher marks close-on-exec what it has opened for its tasks. */
int ck_plan_is_input(const struct ck_tree_image *img, const struct ck_fd *fd)
{
    long i = fd->fd > 2 && fd->cloexec ? ck_tree_ofd(img, fd->ofd) : -1;

    return i >= 0 && (img->ofd[i].flags & O_ACCMODE) == O_RDONLY;
}

static int emit_descriptors(struct maker *m, int i, int restored)
{
    const struct ck_plan_facts *f = m->facts;
    struct ck_actor *a = &m->plan->actor[m->actor[i]];
    uint32_t vpid = m->g.node[i].vpid, *keep;
    const struct ck_fd *fd = m->img->fd, *end = fd + m->img->nfd;
    size_t n = 0;
    int rc = 0;

    while (fd < end && fd->vpid < vpid)
        fd++;
    keep = calloc((size_t)(end - fd) + f->nkeep + 3, sizeof(*keep));
    if (!keep)
        return -ENOMEM;
    for (; !rc && fd < end && fd->vpid == vpid; fd++) {
        int src = source_of(m, fd);

        rc = src < 0 ? -EBADMSG
                     : EMIT(a, dup, DUP, 0, (uint32_t)src, fd->fd,
                            fd->cloexec &&
                                (restored || (fd->fd > 2 &&
                                              !ck_plan_is_input(m->img, fd))));
        if (!rc && restored)
            rc = emit_owner(m, a, fd);
        keep[n++] = fd->fd;
    }
    if (!rc && !restored)
        rc = emit_standard(a, keep, &n);
    for (size_t k = 0; restored && k < f->nkeep; k++)
        keep[n++] = (uint32_t)f->keep[k];
    if (!rc)
        rc = emit_closes(a, keep, n);
    free(keep);
    return rc;
}

/* What kinds of descriptor want to have done in this process. */
static int emit_inside(struct maker *m, int i)
{
    struct ck_actor *a = &m->plan->actor[m->actor[i]];
    uint32_t vpid = m->g.node[i].vpid;
    const struct ck_plan_inside *p = m->facts->inside;
    const struct ck_plan_inside *end = p + m->facts->ninside;

    while (p < end && p->vpid < vpid)
        p++;
    for (; p < end && p->vpid == vpid; p++) {
        struct ck_wr w;

        if (grow(a, p->n))
            return -ENOMEM;
        ck_wr_init(&w, a->ops + a->nops, a->cap - a->nops);
        ck_put_uint(&w, p->code, 2);
        ck_put_uint(&w, p->n, 4);
        ck_put_raw(&w, p->op, p->n);
        a->nops += w.len;
    }
    return 0;
}

/* The last operations: what the actor is from now on. */
static int emit_end(struct maker *m, int i)
{
    struct ck_actor *a = &m->plan->actor[m->actor[i]];
    int proc = m->g.node[i].proc, rc;
    const struct ck_proc *p = proc >= 0 ? &m->img->proc[proc] : NULL;

    if (!p || is_corpse(m, i))
        return EMIT(a, exit, EXIT, 0,
                    p && p->kind == CK_KIND_ZOMBIE ? p->status : 0);
    rc = EMIT(a, chdir, CHDIR, strlen(p->cwd), p->cwd);
    if (!rc)
        rc = EMIT(a, umask, UMASK, 0, p->umask);
    if (!rc)
        rc = emit_inside(m, i);
    if (!rc && p->kind == CK_KIND_REEXEC)
        rc = EMIT(a, limit, LIMIT, 0, m->facts->nofile);
    if (!rc)
        rc = emit_descriptors(m, i, p->kind == CK_KIND_SAVED);
    if (rc)
        return rc;
    if (p->kind == CK_KIND_REEXEC)
        return EMIT(a, execve, EXECVE,
                    strlen(p->exe) + p->argv.n + m->facts->env[proc].n,
                    p->exe, p->argv, m->facts->env[proc]);
    return EMIT(a, restore, RESTORE,
                strlen(m->facts->set_dir) + strlen(p->image) + 2, p->image,
                m->facts->readers);
}

static int make_actors(struct maker *m)
{
    struct ck_plan *p = m->plan;
    int next = 1;

    p->nactor = m->g.n;
    p->actor = calloc(m->g.n, sizeof(*p->actor));
    m->actor = calloc(m->g.n, sizeof(int));
    m->first = calloc(m->g.n, sizeof(int));
    m->next = calloc(m->g.n, sizeof(int));
    if (!p->actor || !m->actor || !m->first || !m->next)
        return -ENOMEM;
    for (size_t i = 0; i < m->g.n; i++)
        m->first[i] = m->next[i] = -1;
    for (size_t k = m->g.n; k-- > 0;) {
        int i = m->g.order[k], maker = m->g.node[i].maker;

        m->next[i] = maker >= 0 ? m->first[maker] : -1;
        if (maker >= 0)
            m->first[maker] = i;
        if (maker < 0 && i != m->g.root)
            return -EBADMSG;
    }
    for (size_t k = 0; k < m->g.n; k++) {
        int i = m->g.order[k], proc = m->g.node[i].proc;
        struct ck_actor *a;
        uint8_t kind = proc >= 0 ? m->img->proc[proc].kind : 0;

        m->actor[i] = i == m->g.root ? 0 : next++;
        a = &p->actor[m->actor[i]];
        a->proc = proc;
        a->vpid = m->g.node[i].vpid;
        a->exec = kind == CK_KIND_SAVED || i == m->g.root;
    }
    return 0;
}

/* The root hands the terminal to the group that had it, as a shell does. */
static int emit_terminal(struct maker *m)
{
    struct ck_actor *a = &m->plan->actor[0];
    int rc = 0;

    for (size_t i = 0; !rc && i < m->img->nofd; i++) {
        const struct ck_ofd *o = &m->img->ofd[i];
        uint32_t group = ck_res_stdio_foreground(o);
        const struct ck_given *g = group ? given(m, (long)i, -1) : NULL;

        if (g && !ck_graph_is_outside(&m->g, group))
            rc = EMIT(a, terminal, TERMINAL, 0, (uint32_t)g->fd, group, 0);
    }
    return rc;
}

/* What it will be may adopt, too: not before everybody has who is his. */
static int emit_all_there(struct maker *m, struct ck_actor *a)
{
    const struct ck_adopt *last = m->g.phase + m->g.nphases - 1;

    if (a->proc < 0 || !m->g.nphases)
        return 0;
    if (last->depth < 0)
        return EMIT(a, await, AWAIT, 0, last->gone, last->helpers);
    return EMIT(a, await, AWAIT, 0, last->over, last->heirs);
}

static int make_ops(struct maker *m)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < m->g.n; i++) {
        struct ck_actor *a = &m->plan->actor[m->actor[i]];

        if (a->proc >= 0 && m->img->proc[a->proc].kind == CK_KIND_SAVED)
            rc = EMIT(a, connect, CONNECT, 0, .none = 0);
        if (!rc)
            rc = emit_place(m, (int)i);
        if (!rc && a == m->plan->actor)
            rc = emit_terminal(m);
        if (!rc && !is_corpse(m, (int)i))
            rc = emit_all_there(m, a);
        if (!rc)
            rc = emit_end(m, (int)i);
    }
    return rc;
}

static int order_i32(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Every number that the saved processes may know. */
static int list_numbers(struct ck_plan *p, const struct ck_tree_image *img)
{
    size_t n = 2, k = 0;

    for (size_t i = 0; i < img->nproc; i++)
        n += 3 + img->proc[i].tids.n / 4;
    p->numbers = calloc(n, sizeof(*p->numbers));
    if (!p->numbers)
        return -ENOMEM;
    p->numbers[k++] = p->out_pgid;
    p->numbers[k++] = p->out_sid;
    for (size_t i = 0; i < img->nproc; i++) {
        const struct ck_proc *r = &img->proc[i];
        struct ck_rd rd;

        p->numbers[k++] = (int32_t)r->vpid;
        p->numbers[k++] = (int32_t)r->vpgid;
        p->numbers[k++] = (int32_t)r->vsid;
        ck_rd_init(&rd, r->tids.p, r->tids.n);
        for (uint32_t t = 0; t < r->tids.n / 4; t++)
            p->numbers[k++] = (int32_t)ck_get_uint(&rd, 4);
    }
    qsort(p->numbers, k, sizeof(*p->numbers), order_i32);
    for (size_t i = 0; i < k; i++) {
        int32_t v = p->numbers[i];

        if (v > 0 && (!p->nnumbers || p->numbers[p->nnumbers - 1] != v))
            p->numbers[p->nnumbers++] = v;
    }
    return 0;
}

int ck_plan_make(struct ck_plan *p, const struct ck_tree_image *img,
                 const struct ck_plan_facts *facts, char *why, size_t cap)
{
    struct maker m = {.plan = p, .img = img, .facts = facts};
    int rc;

    memset(p, 0, sizeof(*p));
    why[0] = '\0';
    rc = ck_graph_make(&m.g, img, why, cap);
    if (!rc)
        rc = make_actors(&m);
    if (!rc)
        rc = make_ops(&m);
    p->words = m.g.words;
    p->out_pgid = (int32_t)m.g.out_pgid;
    p->out_sid = (int32_t)m.g.out_sid;
    if (!rc)
        rc = list_numbers(p, img);
    ck_graph_free(&m.g);
    free(m.actor);
    free(m.first);
    free(m.next);
    if (rc)
        ck_plan_free(p);
    if (rc && !why[0])
        ck_res_why(why, cap, rc, "can't plan the restart of tree %s: %s",
                   img->tree.tree, strerror(-rc));
    return rc;
}

void ck_plan_free(struct ck_plan *p)
{
    for (size_t i = 0; i < p->nactor && p->actor; i++)
        free(p->actor[i].ops);
    free(p->actor);
    free(p->numbers);
    memset(p, 0, sizeof(*p));
}
