/*
 * files.c - opens every open file description of a tree, once.
 *
 * All are checked before the first is opened: opening may put a file back
 * to its old length, and a restart that is refused must not have changed
 * anything.
 */
#include "restart/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GARBAGE_DEPTH 4

/* Whose it is, for the reason: the first process that has it. */
static int blame(struct ck_spawn *s, const struct ck_ofd *o, const char *why,
                 int code)
{
    const struct ck_tree_image *m = &s->tree.img;

    for (size_t i = 0; i < m->nfd; i++) {
        if (m->fd[i].ofd != o->id)
            continue;
        for (size_t k = 0; k < m->nproc; k++) {
            if (m->proc[k].vpid == m->fd[i].vpid)
                return ck_res_why(s->why, s->whycap, code,
                                  "process %u (%s), descriptor %u: %s",
                                  m->proc[k].vpid, m->proc[k].comm,
                                  m->fd[i].fd, why[0] ? why : strerror(-code));
        }
    }
    return ck_res_why(s->why, s->whycap, code, "%s",
                      why[0] ? why : strerror(-code));
}

/* What was killed may have left sockets in each other's queues, and these
 * others; until that is found it holds its names, ports and locks. */
static int check_one(struct ck_res_load *c, const struct ck_res *res,
                     const struct ck_ofd *rec)
{
    int rc = -EAGAIN;

    for (int i = 0; rc && i <= (c->beside ? 0 : GARBAGE_DEPTH); i++) {
        if (i && ck_res_collect() < 0)
            break;
        c->why[0] = '\0';
        rc = res->check(c, rec);
    }
    return rc;
}

/* What of the surroundings has its place; NULL: it is the kind's to load. */
static const struct ck_given *adopted(const struct ck_res_load *c,
                                      const struct ck_ofd *o)
{
    return ck_res_given(c->given, c->ngiven, o, -1);
}

static int check_all(struct ck_spawn *s, struct ck_res_load *c)
{
    const struct ck_tree_image *m = &s->tree.img;

    for (size_t i = 0; i < m->nofd; i++) {
        const struct ck_res *res = ck_res_named(m->ofd[i].kind);
        int rc = 0;

        if (!res)
            return ck_res_why(s->why, s->whycap, -EPROTONOSUPPORT,
                              "the image has a descriptor of kind %s, which "
                              "this ckpt does not know", m->ofd[i].kind);
        if (s->trial ? res->lasting
                     : res->adopts || !adopted(c, &m->ofd[i]))
            rc = check_one(c, res, &m->ofd[i]);
        if (rc)
            rc = ck_spawn_found(s, blame(s, &m->ofd[i], c->why, rc));
        if (rc)
            return rc;
    }
    return 0;
}

/* What is not there in a rehearsal is a thing of the outside. */
static int is_outside(const struct ck_spawn *s, int rc)
{
    return s->trial && rc == -ENOENT;
}

static int load_one(struct ck_spawn *s, struct ck_res_load *c, size_t i)
{
    const struct ck_ofd *o = &s->tree.img.ofd[i];
    const struct ck_res *res = ck_res_named(o->kind);
    const struct ck_given *g;
    int fd;

    c->why[0] = '\0';
    g = res ? adopted(c, o) : NULL;
    fd = !res                                   ? -EBADMSG
         : g                                    ? ck_res_adopt(c, o, g)
         : s->trial == CK_INNER && !res->inner ? -ENOENT
                                                : res->load(c, o);
    if (fd < 0 && !is_outside(s, fd)) {
        s->failed = o;
        return blame(s, o, c->why, fd);
    }
    if (fd >= 0)
        return fd;
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    s->stands_in[i] = 1;
    return fd < 0 ? -errno : fd;
}

static int load_all(struct ck_spawn *s, struct ck_res_load *c)
{
    const struct ck_tree_image *m = &s->tree.img;

    for (size_t i = 0; i < m->nofd; i++) {
        int fd = load_one(s, c, i);

        if (fd < 0)
            return fd;
        s->src[i] = ck_spawn_high(s, fd);
        if (s->src[i] < 0)
            return s->src[i];
    }
    return 0;
}

typedef int step(struct ck_res_load *c, const struct ck_ofd *rec, int fd);
static step *link_of(const struct ck_res *res)
{
    return res->link;
}
static step *settle_of(const struct ck_res *res)
{
    return res->settle;
}

static int step_all(struct ck_spawn *s, struct ck_res_load *c,
                    step *(*step_of)(const struct ck_res *res))
{
    const struct ck_tree_image *m = &s->tree.img;

    for (size_t i = 0; i < m->nofd; i++) {
        const struct ck_res *res = ck_res_named(m->ofd[i].kind);
        step *f = res->adopts || !adopted(c, &m->ofd[i]) ? step_of(res) : NULL;
        int rc;

        c->why[0] = '\0';
        rc = f && !s->stands_in[i] ? f(c, &m->ofd[i], s->src[i]) : 0;
        if (is_outside(s, rc)) {
            s->stands_in[i] = 1;
        } else if (rc) {
            s->failed = &m->ofd[i];
            return blame(s, &m->ofd[i], c->why, rc);
        }
    }
    return 0;
}

struct load {
    struct ck_res_load base;
    struct ck_spawn *s;
};

static int loaded(const struct ck_res_load *c, uint32_t id)
{
    const struct ck_spawn *s = ((const struct load *)c)->s;
    long i = ck_tree_ofd(&s->tree.img, id);

    return i < 0 ? -1 : s->src[i];
}

static const struct ck_ofd *record(const struct ck_res_load *c, uint32_t id)
{
    const struct ck_tree_image *m = &((const struct load *)c)->s->tree.img;
    long i = ck_tree_ofd(m, id);

    return i < 0 ? NULL : &m->ofd[i];
}

static int has(const struct ck_tree_image *m, uint32_t vpid, uint32_t id)
{
    size_t low = 0, high = m->nfd;

    while (low < high) { /* the first of this process */
        size_t mid = low + (high - low) / 2;

        if (m->fd[mid].vpid < vpid)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < m->nfd && m->fd[low].vpid == vpid; low++) {
        if (m->fd[low].ofd == id)
            return 1;
    }
    return 0;
}

static uint32_t holder(const struct ck_res_load *c, uint32_t id, size_t n)
{
    const struct ck_tree_image *m = &((const struct load *)c)->s->tree.img;
    size_t found = 0;

    for (size_t i = 0; i < m->nproc; i++) {
        if (has(m, m->proc[i].vpid, id) && found++ == n)
            return m->proc[i].vpid;
    }
    return found || n ? 0 : m->tree.root_vpid;
}

static int inside(const struct ck_res_load *c, uint32_t vpid, unsigned code,
                  const struct ck_wr *op)
{
    struct ck_spawn *s = ((const struct load *)c)->s;
    struct ck_plan_inside *p;

    if (s->ninside == s->inside_cap) {
        size_t cap = s->inside_cap ? s->inside_cap * 2 : 64;

        p = realloc(s->inside, cap * sizeof(*p));
        if (!p)
            return -ENOMEM;
        s->inside = p;
        s->inside_cap = cap;
    }
    p = &s->inside[s->ninside];
    if (op->bad || op->len > sizeof(p->op))
        return -EMSGSIZE;
    *p = (struct ck_plan_inside){.vpid = vpid,
                                 .code = (uint16_t)code,
                                 .n = (uint16_t)op->len,
                                 .order = (uint32_t)s->ninside++};
    memcpy(p->op, op->p, op->len);
    return 0;
}

static int speak_as(const struct ck_res_load *c, uint32_t vpid,
                    int (*fn)(void *arg), void *arg)
{
    return ck_spawn_speak_as(((const struct load *)c)->s, vpid, fn, arg);
}

static int as_done(const void *a, const void *b)
{
    const struct ck_plan_inside *x = a, *y = b;

    if (x->vpid != y->vpid)
        return x->vpid < y->vpid ? -1 : 1;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static void begin(struct ck_spawn *s, struct load *load, char *why, size_t cap)
{
    const char *slash = strrchr(s->opts->set_dir, '/');

    *load = (struct load){.s = s};
    load->base = (struct ck_res_load){
        .loaded = loaded,
        .record = record,
        .holder = holder,
        .inside = inside,
        .speak_as = speak_as,
        .source = &s->tree.source,
        .job_dir = s->opts->job_dir,
        .set_name = slash ? slash + 1 : s->opts->set_dir,
        .keep_files = s->opts->keep_files,
        .beside = s->trial == CK_INNER,
        .given = s->given,
        .ngiven = s->ngiven,
        .why = why,
        .whycap = cap,
    };
    why[0] = '\0';
}

int ck_spawn_files_check(struct ck_spawn *s)
{
    int64_t until = 0;
    struct load load;
    char why[900];
    int rc;

    do {
        begin(s, &load, why, sizeof(why));
        rc = check_all(s, &load.base);
        ck_res_load_end(&load.base);
    } while (ck_spawn_again(s, rc, &until));
    return rc;
}

int ck_spawn_files(struct ck_spawn *s)
{
    struct ck_res_load *c;
    struct load load;
    char why[900];
    int rc = 0;

    begin(s, &load, why, sizeof(why));
    c = &load.base;
    s->src = calloc(s->tree.img.nofd + 1, sizeof(*s->src));
    s->stands_in = calloc(s->tree.img.nofd + 1, 1);
    if (!s->src || !s->stands_in)
        rc = -ENOMEM;
    for (size_t i = 0; s->src && i < s->tree.img.nofd; i++)
        s->src[i] = -1;
    if (!rc)
        rc = load_all(s, c);
    if (!rc)
        rc = ck_spawn_given_note(s);
    if (!rc && !s->trial)
        rc = ck_spawn_undo(s, c);
    if (!rc)
        rc = step_all(s, c, link_of);
    if (!rc)
        rc = step_all(s, c, settle_of);
    if (!rc)
        rc = ck_spawn_cwds(s, c);
    if (!rc && s->opts->resized)
        *s->opts->resized |= c->resized;
    ck_res_load_end(c);
    if (s->ninside)
        qsort(s->inside, s->ninside, sizeof(*s->inside), as_done);
    return rc;
}
