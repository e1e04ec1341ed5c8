/* fate.c - see fate.h. */
#include "cli/fate.h"

#include <math.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "cli/members.h"
#include "coordinator/queue.h"
#include "lib/base/conn.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/sets.h"

#define ALIVE_MS 2000

/* Has it died, as far as can be seen from here? One that listens on its own
 * node only refuses everybody else. */
static int is_dead(const char *dir)
{
    struct ck_coord_addr a;

    return ck_jobdir_addr_read(dir, &a, NULL) < 0 ||
           (strcmp(a.node, ck_env_node()) == 0 &&
            ck_conn_alive(dir, ALIVE_MS, NULL) == 0);
}

/* Slurm may know more than a document that somebody left when he was killed. */
static int slurm_knows(const struct ck_status *s, struct ck_fate_of *f)
{
    uint32_t job = (uint32_t)ck_jnum(s->doc, "job", 0);
    enum ck_queue q = job ? ck_queue_ask(job, &f->how) : CK_QUEUE_SILENT;

    if (q == CK_QUEUE_SILENT || q == CK_QUEUE_RUNS)
        return 0;
    f->fate = q == CK_QUEUE_WAITS ? CK_FATE_WAITS : CK_FATE_ENDED;
    f->state = q == CK_QUEUE_WAITS ? "waiting" : "ended";
    return 1;
}

void ck_fate(const char *dir, const struct ck_status *s, struct ck_fate_of *f)
{
    struct ck_member m;
    uint32_t over;
    int status;

    *f = (struct ck_fate_of){.state = ck_jstr(s->doc, "state", "?"),
                             .exit = -1};
    if (s->live)
        return;
    f->was = f->state;
    if (ck_jobdir_exit_read(dir, "main", &status) == 0)
        f->exit = ck_exit_code(status);
    if (ck_jobdir_exit_read(dir, "batch", &status) == 0 &&
        (over = ck_sets_finished(dir, &status)) > 0 &&
        ck_sets_newest(dir) <= over) {
        f->exit = ck_exit_code(status);
        f->fate = CK_FATE_ENDED;
        f->state = "ended";
        return;
    }
    /* `ckpt launch` ends by itself, whatever becomes of the job around it */
    if (f->exit < 0 && slurm_knows(s, f))
        return;
    if (strcmp(f->was, "ended") == 0 || strcmp(f->was, "ending") == 0) {
        f->fate = CK_FATE_ENDED;
        f->state = "ended";
        return;
    }
    f->fate = CK_FATE_GONE;
    f->state = is_dead(dir) ? "gone" : "unreachable";
    f->alone = ck_members(dir, &m, 1);
}

static void put(struct ck_json *j, const struct ck_jval *v)
{
    switch (v->kind) {
    case CK_JNULL:
        ck_json_null(j, v->key);
        break;
    case CK_JBOOL:
        ck_json_bool(j, v->key, v->num != 0);
        break;
    case CK_JNUM:
        if (v->num == floor(v->num) && fabs(v->num) < 1e15)
            ck_json_i64(j, v->key, (int64_t)v->num);
        else
            ck_json_real(j, v->key, v->num);
        break;
    case CK_JSTR:
        ck_json_str(j, v->key, v->str);
        break;
    case CK_JARR:
        ck_json_array(j, v->key);
        for (const struct ck_jval *c = v->child; c; c = c->next)
            put(j, c);
        ck_json_end_array(j);
        break;
    case CK_JOBJ:
        ck_json_object(j, v->key);
        for (const struct ck_jval *c = v->child; c; c = c->next)
            put(j, c);
        ck_json_end_object(j);
        break;
    }
}

char *ck_fate_json(const struct ck_status *s, const struct ck_fate_of *f)
{
    struct ck_json j;

    ck_json_init(&j, 1);
    ck_json_object(&j, NULL);
    ck_json_str(&j, "state", f->state);
    ck_json_str(&j, "was", f->was);
    if (f->exit < 0)
        ck_json_null(&j, "exit_status");
    else
        ck_json_u64(&j, "exit_status", (uint64_t)f->exit);
    if (f->how)
        ck_json_str(&j, "how", f->how);
    else
        ck_json_null(&j, "how");
    ck_json_u64(&j, "running_alone", f->alone);
    for (const struct ck_jval *c = s->doc->child; c; c = c->next) {
        if (strcmp(c->key, "state") != 0)
            put(&j, c);
    }
    ck_json_end_object(&j);
    return ck_json_take(&j, NULL);
}
