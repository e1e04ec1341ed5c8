/*
 * status.c - the status document: D/status.json, and the reply to STATUS.
 *
 * The file is replaced by rename, so that a reader (on a login node, perhaps)
 * never sees half of it; it is not synced, since it means nothing after a
 * crash. A change is written soon, progress at most once a second; while
 * programs are stopped nothing waits for a slow file system.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "coordinator/coord.h"
#include "lib/base/jobdir.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/sys/fmt.h"

#define SOON_MS 20
#define PROGRESS_MS 1000
#define SHARE 20 /* the part of the time that may go into it */

void ck_progress(const struct ck_coord *c, uint64_t *done, uint64_t *total)
{
    const struct ck_peer *x;
    const struct ck_helper *h;

    *done = *total = 0;
    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        *done += x->done;
        *total += x->total;
    }
    TAILQ_FOREACH(h, &c->peers.helpers, entry) {
        *done += h->done;
        *total += h->total;
    }
    if (c->session.state == CK_ST_RESTORING)
        *total = c->restore.total;
    if (*done > *total)
        *total = *done;
}

/* Unix seconds of a moment of the loop's clock. */
static uint64_t unix_of(int64_t ms)
{
    int64_t t = (int64_t)time(NULL) + (ms - ck_now()) / 1000;

    return t > 0 ? (uint64_t)t : 0;
}

static void put_process(struct ck_json *j, const struct ck_peer *x)
{
    ck_json_object(j, NULL);
    ck_json_u64(j, "pid", x->vpid);
    ck_json_u64(j, "real_pid", x->pid);
    ck_json_str(j, "node", x->node);
    ck_json_str(j, "command", x->command);
    ck_json_str(j, "state", ck_pstate_name(x->state));
    ck_json_str(j, "tree", x->tree);
    ck_json_u64(j, "start", x->start);
    ck_json_str(j, "kind", x->kind == CK_KIND_SAVED    ? "saved" :
                           x->kind == CK_KIND_REEXEC   ? "reexec" :
                                                         "standin");
    ck_json_u64(j, "done", x->done);
    ck_json_u64(j, "total", x->total);
    ck_json_end_object(j);
}

static void put_last(struct ck_json *j, const struct ck_last *l)
{
    if (!l->number) {
        ck_json_null(j, "last_checkpoint");
        return;
    }
    ck_json_object(j, "last_checkpoint");
    ck_json_u64(j, "number", l->number);
    ck_json_u64(j, "bytes", l->bytes);
    ck_json_real(j, "seconds", l->seconds);
    ck_json_real(j, "stall_seconds", l->stall_seconds);
    ck_json_u64(j, "time", l->time);
    ck_json_end_object(j);
}

static void put_head(struct ck_coord *c, struct ck_json *j)
{
    uint64_t done, total;
    char address[320];
    int64_t next;

    snprintf(address, sizeof address, "%s %u", c->addresses, c->port);
    ck_json_str(j, "state", ck_state_name(c->session.state));
    ck_json_u64(j, "generation", c->history.generation);
    ck_json_object(j, "coordinator");
    ck_json_u64(j, "pid", (uint64_t)getpid());
    ck_json_str(j, "node", c->node);
    ck_json_str(j, "address", address);
    ck_json_end_object(j);
    ck_json_str(j, "job_dir", c->opt.dir);
    ck_json_str(j, "name", c->opt.name);
    ck_json_u64(j, "job", c->opt.job);
    ck_json_u64(j, "interval", c->opt.interval);
    ck_json_u64(j, "keep", c->opt.keep);
    if (c->session.state == CK_ST_RUNNING &&
        ck_policy_next(&c->policy, &next) != CK_DUE_NONE)
        ck_json_u64(j, "next_checkpoint", unix_of(next));
    else
        ck_json_null(j, "next_checkpoint");
    put_last(j, &c->last);
    if (ck_state_busy(c->session.state))
        ck_json_u64(j, "set", c->round.id);
    else if (c->session.state == CK_ST_RESTORING)
        ck_json_u64(j, "set", c->opt.restore);
    else
        ck_json_null(j, "set");
    ck_progress(c, &done, &total);
    ck_json_object(j, "progress");
    ck_json_u64(j, "done", done);
    ck_json_u64(j, "total", total);
    ck_json_end_object(j);
    if (c->last_error[0])
        ck_json_str(j, "last_error", c->last_error);
    else
        ck_json_null(j, "last_error");
    if (c->notice.since)
        ck_json_u64(j, "failing_since", c->notice.since);
    else
        ck_json_null(j, "failing_since");
    ck_json_array(j, "warnings");
    for (size_t i = 0; i < c->noutside; i++)
        ck_json_str(j, NULL, c->outside[i].text);
    ck_json_end_array(j);
    ck_json_u64(j, "updated", (uint64_t)time(NULL));
}

/* max 0: all. Else processes are left out, and counted, when there are too
 * many for one reply; the file has them all. */
char *ck_status_text(struct ck_coord *c, size_t max, size_t *len)
{
    const struct ck_peer *x;
    uint64_t omitted = 0;
    struct ck_json j;

    ck_json_init(&j, 1);
    ck_json_object(&j, NULL);
    put_head(c, &j);
    ck_json_array(&j, "processes");
    TAILQ_FOREACH(x, &c->peers.processes, entry) {
        if (max && j.len + 2048 + 6 * strlen(x->command) > max)
            omitted++;
        else
            put_process(&j, x);
    }
    ck_lost_status(c, &j);
    ck_json_end_array(&j);
    ck_json_u64(&j, "processes_omitted", omitted);
    ck_json_end_object(&j);
    return ck_json_take(&j, len);
}

/* Of our own: that others have the processor is no reason to write less. */
static int64_t cpu_ms(void)
{
    struct timespec t = {0};

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void ck_status_write(struct ck_coord *c)
{
    char path[CK_PATH], tmp[CK_PATH];
    size_t len = 0;
    int64_t began = cpu_ms();
    char *text = ck_status_text(c, 0, &len);
    int fd;
    long r;

    c->status.dirty = 0;
    c->status.written = ck_now();
    if (!text || ck_jobdir_path(path, sizeof path, c->opt.dir,
                                "status.json") < 0 ||
        ck_jobdir_path(tmp, sizeof tmp, c->opt.dir, ".status.json.new") < 0) {
        free(text);
        return;
    }
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
              0600);
    r = fd < 0 ? -1 : ck_write_all(fd, text, len);
    if (fd >= 0)
        close(fd);
    /* A full disk is told by the checkpoint that fails on it. */
    if (r < 0 || rename(tmp, path) < 0)
        unlink(tmp);
    free(text);
    c->status.took = cpu_ms() - began;
}

static void flush(void *arg)
{
    struct ck_coord *c = arg;

    if (c->status.dirty)
        ck_status_write(c);
}

void ck_status_init(struct ck_coord *c)
{
    c->status.flush = (struct ck_timer){.fn = flush, .arg = c};
}

void ck_status_changed(struct ck_coord *c)
{
    enum ck_state s = c->session.state;
    int64_t wait = SOON_MS;

    if (c->status.dirty && s == c->status.state)
        return;
    if (s == c->status.state && s != CK_ST_RUNNING && s != CK_ST_IDLE)
        wait = PROGRESS_MS;
    if (ck_state_busy(s) && s != CK_ST_WRITING && s != CK_ST_COMMITTING)
        wait = PROGRESS_MS;
    if (wait < SHARE * c->status.took) /* of thousands of processes */
        wait = SHARE * c->status.took;
    c->status.dirty = 1;
    c->status.state = s;
    if (wait == SOON_MS || !c->status.flush.at)
        ck_loop_arm(&c->loop, &c->status.flush, ck_now() + wait);
}
