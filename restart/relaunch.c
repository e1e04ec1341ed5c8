/*
 * relaunch.c - the environment of a launcher that is executed again.
 *
 * It is the saved one, since the script may have set what it likes, with
 * two kinds of entries brought up to date: what Slurm says of the present
 * allocation (D/env), and what the runtime needs to know of this run. One says
 * which descriptors are the files that it read for its tasks (runtime/
 * input.c); those that it writes it opens again, and must not empty.
 */
#include "restart/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/messages.h"
#include "lib/tree/capture.h"

struct text {
    char *p;
    size_t n, cap;
    int err;
};

static void add(struct text *t, const char *entry)
{
    size_t n = strlen(entry) + 1;

    if (!t->err && t->n + n > t->cap) {
        char *more = realloc(t->p, (t->cap + n) * 2);

        if (!more) {
            t->err = -ENOMEM;
            return;
        }
        t->p = more;
        t->cap = (t->cap + n) * 2;
    }
    if (t->err || !n)
        return;
    memcpy(t->p + t->n, entry, n);
    t->n += n;
}

static int same_name(const char *a, const char *b)
{
    size_t n = strcspn(a, "=");

    return !strncmp(a, b, n + 1) && a[n] == '=';
}

static int names_it(const char *list, size_t len, const char *entry)
{
    for (const char *p = list; p < list + len; p += strlen(p) + 1) {
        if (same_name(p, entry))
            return 1;
    }
    return 0;
}

/* LD_PRELOAD with our library first and only once, wherever it is now. */
static void add_preload(struct text *t, const char *runtime, const char *old)
{
    size_t len = strlen(runtime) + strlen(old) + 32;
    char *entry = malloc(len), *copy = strdup(old), *save = NULL, *w;

    if (!entry || !copy) {
        t->err = -ENOMEM;
    } else {
        snprintf(entry, len, "LD_PRELOAD=%s", runtime);
        for (w = strtok_r(copy, ": ", &save); w;
             w = strtok_r(NULL, ": ", &save)) {
            const char *base = strrchr(w, '/');

            if (strcmp(base ? base + 1 : w, "libckpt.so")) {
                strcat(entry, ":");
                strcat(entry, w);
            }
        }
        add(t, entry);
    }
    free(entry);
    free(copy);
}

static void list_inputs(const struct ck_tree_image *m, uint32_t vpid,
                        char *buf, size_t cap)
{
    size_t n = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < m->nfd && n + 16 < cap; i++)
        if (m->fd[i].vpid == vpid && ck_plan_is_input(m, &m->fd[i]))
            n += (size_t)snprintf(buf + n, cap - n, "%s%u", n ? "," : "",
                                  m->fd[i].fd);
}

static void add_own(struct ck_spawn *s, struct text *t,
                    const struct ck_proc *p)
{
    const struct ck_restart_opts *o = s->opts;
    const char *const names[] = {"CKPT_DIR",     "CKPT_TREE",
                                 "CKPT_STDIO",   "CKPT_SRUN",
                                 "CKPT_RESTART", "CKPT_INPUT",
                                 "SLURM_OPEN_MODE", NULL};
    char number[16], tree[160], inputs[160];
    const char *const values[] = {o->job_dir, tree, s->stdio_ids, number,
                                  o->set_dir, inputs, "append"};
    char entry[1500];

    snprintf(tree, sizeof(tree), "%s:%u", o->tree, o->generation);
    snprintf(number, sizeof(number), "%u", p->vpid);
    list_inputs(&s->tree.img, p->vpid, inputs, sizeof(inputs));
    for (int i = 0; names[i]; i++) {
        snprintf(entry, sizeof(entry), "%s=%s", names[i], values[i]);
        add(t, entry);
    }
}

static int is_own(const char *entry)
{
    return !strncmp(entry, "CKPT_DIR=", 9) ||
           !strncmp(entry, "CKPT_TREE=", 10) ||
           !strncmp(entry, "CKPT_STDIO=", 11) ||
           !strncmp(entry, "CKPT_SRUN=", 10) ||
           !strncmp(entry, "CKPT_RESTART=", 13) ||
           !strncmp(entry, "CKPT_INPUT=", 11) ||
           !strncmp(entry, "SLURM_OPEN_MODE=", 16);
}

static int refresh(struct ck_spawn *s, const struct ck_proc *p,
                   const char *now, size_t nnow, struct ck_blob *out)
{
    const char *old = p->env.p, *end = old + p->env.n, *preload = "", *e;
    struct text t = {0};

    if (p->env.n && end[-1])
        return -EBADMSG;
    for (e = old; e < end; e += strlen(e) + 1) {
        if (!strncmp(e, "LD_PRELOAD=", 11))
            preload = e + 11;
        else if (*e && !is_own(e) && !names_it(now, nnow, e))
            add(&t, e);
    }
    for (e = now; e < now + nnow; e += strlen(e) + 1) {
        if (!strncmp(e, "SLURM", 5))
            add(&t, e);
    }
    add_preload(&t, s->opts->runtime, preload);
    add_own(s, &t, p);
    *out = (struct ck_blob){t.p, (uint32_t)t.n};
    return t.err;
}

/* D/env is not there outside of Slurm. */
int ck_spawn_env(struct ck_spawn *s)
{
    const struct ck_tree_image *m = &s->tree.img;
    char path[1400], *now;
    size_t n = 0;
    int rc = 0;

    s->env = calloc(m->nproc + 1, sizeof(*s->env));
    if (!s->env)
        return -ENOMEM;
    snprintf(path, sizeof(path), "%s/env", s->opts->job_dir);
    now = ck_proc_slurp(path, &n);
    for (size_t i = 0; !rc && i < m->nproc; i++) {
        if (m->proc[i].kind == CK_KIND_REEXEC)
            rc = refresh(s, &m->proc[i], now ? now : "", now ? n : 0,
                         &s->env[i]);
    }
    free(now);
    return rc;
}
