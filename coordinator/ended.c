/*
 * ended.c - `ckpt ended`: the batch script is over. By itself, or not? The
 * plugin runs it, as the user, when that is so and before Slurm knows; it
 * does not need the coordinator, which Slurm may have ended with the job.
 *
 * It asks Slurm how the job ends, and the journal what was before; then
 * ck_requeue says what is to be done: sets are marked, the job is requeued,
 * and a line for the job's output goes to stdout. What it says besides goes
 * to D/log. When Slurm does not answer, nothing is done: a job that goes on
 * from a set although it was over does less harm than one that loses all.
 */
#include "coordinator/coordinator.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "coordinator/allocation.h"
#include "coordinator/journal.h"
#include "coordinator/requeue.h"
#include "lib/base/config.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"
#include "lib/sys/fmt.h"

#define ANSWER_MS 20000
#define PAUSE_MS 500

struct over {
    char dir[CK_PATH];
    uint32_t job, on, most;
    int status; /* the script's wait status */
    const char *again; /* how a user goes on */
    const struct ck_slurm_ops *slurm;
    struct ck_slurm_job look;
    struct ck_journal journal;
    struct ck_history history;
    uint32_t newest; /* set that one could go on from; 0: none */
};

static int number(const char *s, uint32_t *to)
{
    char *end;
    unsigned long v = strtoul(s, &end, 10);

    if (*s < '0' || *s > '9' || *end || v > INT32_MAX)
        return -EINVAL;
    *to = (uint32_t)v;
    return 0;
}

static int parse(struct over *o, int argc, char **argv)
{
    static const struct option options[] = {
        {"dir", 1, NULL, 'd'},      {"job", 1, NULL, 'j'},
        {"on", 1, NULL, 'o'},       {"failures", 1, NULL, 'f'},
        {"status", 1, NULL, 's'},   {"again", 1, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    uint32_t status = 0;
    int opt, bad = 0;

    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (opt) {
        case 'd':
            bad |= ck_jobdir_check(optarg, o->dir, NULL) < 0;
            break;
        case 'j':
            bad |= number(optarg, &o->job) < 0;
            break;
        case 'o':
            bad |= ck_config_events(optarg, &o->on) < 0;
            break;
        case 'f':
            bad |= number(optarg, &o->most) < 0;
            break;
        case 'a':
            o->again = optarg;
            break;
        case 's':
            bad |= number(optarg, &status) < 0;
            break;
        default:
            return -EINVAL;
        }
    }
    o->status = (int)status;
    return bad || !o->dir[0] || !o->job || !o->again ? -EINVAL : 0;
}

static int ask_slurm(struct over *o, struct ck_err *e)
{
    int64_t until = ck_now() + ANSWER_MS;
    struct timespec nap = {.tv_nsec = PAUSE_MS * 1000000L};
    char why[256] = "";
    int r;

    o->slurm = ck_slurm_module(e);
    if (!o->slurm)
        return -ENOENT;
    r = o->slurm->open(o->job, why, sizeof why);
    while (r == 0 && (r = o->slurm->look(&o->look, why, sizeof why)) < 0 &&
           ck_now() < until) {
        nanosleep(&nap, NULL);
        r = 0;
    }
    return r < 0 ? ck_err(e, r, "%s", why) : 0;
}

/*
 * A preemption that we take no part in has sent its TERM to the tasks: what a
 * script does after that is no end of its own.
 */
static enum ck_happened happened(const struct over *o)
{
    switch (o->look.end) {
    case CK_SLURM_REQUEUED:
        return CK_HAS_REQUEUED;
    case CK_SLURM_CANCELLED:
        return CK_HAS_CANCELLED;
    case CK_SLURM_PREEMPTED:
    case CK_SLURM_TIMEOUT:
    case CK_SLURM_NODE_FAIL:
    case CK_SLURM_KILLED:
        return CK_HAS_KILLED;
    case CK_SLURM_LIVES:
    case CK_SLURM_ENDED:
        break;
    }
    if (o->history.quit)
        return CK_HAS_CANCELLED;
    if (o->history.absent)
        return CK_HAS_UNRESTORED;
    if (o->look.preempt_time && !(o->on & CK_ON_PREEMPT))
        return CK_HAS_KILLED;
    if (WIFSIGNALED(o->status))
        return CK_HAS_DIED;
    return o->status ? CK_HAS_FAILED : CK_HAS_ENDED;
}

static const char *how(char *buf, size_t cap, const struct over *o)
{
    switch (o->look.end) {
    case CK_SLURM_TIMEOUT:
        return "has reached its time limit";
    case CK_SLURM_NODE_FAIL:
        return "has lost a node";
    case CK_SLURM_KILLED:
        return "was ended by Slurm";
    case CK_SLURM_LIVES:
    case CK_SLURM_ENDED:
        if (o->look.preempt_time && !(o->on & CK_ON_PREEMPT))
            break;
        if (WIFSIGNALED(o->status))
            snprintf(buf, cap, "was ended by signal %d", WTERMSIG(o->status));
        else
            snprintf(buf, cap, "has ended with status %d",
                     WEXITSTATUS(o->status));
        return buf;
    case CK_SLURM_REQUEUED:
    case CK_SLURM_CANCELLED:
    case CK_SLURM_PREEMPTED:
        break;
    }
    return "was preempted";
}

static void say_line(const struct over *o, const struct ck_case *c,
                     enum ck_line line, const char *refused)
{
    char buf[64], why[400];

    if (line == CK_LINE_GO_ON)
        printf("job %u %s and is not requeued; %s goes on from image set "
               "%u\n", o->job, how(buf, sizeof buf, o), o->again, o->newest);
    if (line != CK_LINE_NOT_AGAIN)
        return;
    if (!c->may_requeue)
        snprintf(why, sizeof why, "%s", refused);
    else if (c->failures >= c->most)
        snprintf(why, sizeof why, "it was requeued after %u failures, which "
                 "is all that --checkpoint-failures allows", c->failures);
    else if (o->newest)
        snprintf(why, sizeof why, "no image set is newer than its last start "
                 "or failure");
    else
        snprintf(why, sizeof why, "there is no image set");
    printf("job %u %s and is not requeued: %s\n", o->job,
           how(buf, sizeof buf, o), why);
}

/* As the script's end was recorded, nothing is to go on from these sets. */
static void finish(struct over *o)
{
    uint32_t last = o->history.last_set;
    struct ck_err e;

    if (o->newest > last)
        last = o->newest;
    if (ck_sets_finish(o->dir, last, o->status, &e) < 0)
        ck_log("%s", e.text);
    ck_journal_add(&o->journal, 1, "finished set=%u status=%d",
                   o->history.committed, o->status);
    ck_log("the computation has ended: image sets up to %u are done with",
           last);
}

/* The failure is written down before it can have an effect: a requeue that
 * is not counted could go on for ever. */
static int requeue(struct over *o, char *why, size_t cap)
{
    int r;

    if (ck_journal_add(&o->journal, 1, "failure set=%u status=%d",
                       o->history.committed, o->status) < 0) {
        snprintf(why, cap, "the journal cannot be written");
        return -EIO;
    }
    ck_log("failure %u of at most %u: the job is requeued",
           o->history.failures + 1, o->most);
    r = o->slurm->requeue("failed", why, cap);
    if (r == 0)
        ck_journal_add(&o->journal, 1, "requeued set=%u", o->newest);
    return r;
}

static void decide(struct over *o)
{
    struct ck_case c = {
        .happened = happened(o),
        .on = o->on,
        .has_set = o->newest != 0,
        .progress = o->history.committed > o->history.failed_set,
        .failures = o->history.failures,
        .most = o->most,
    };
    char refused[256] = "Slurm does not say whether it may be";
    struct ck_verdict v;

    if ((c.happened == CK_HAS_FAILED || c.happened == CK_HAS_DIED) &&
        o->on & CK_ON_FAILURE)
        c.may_requeue = o->slurm->may_requeue(refused, sizeof refused) > 0;
    v = ck_requeue(&c);
    if (v.then == CK_THEN_REQUEUE &&
        requeue(o, refused, sizeof refused) < 0) {
        c.may_requeue = 0;
        v = ck_requeue(&c);
    }
    if (v.finished)
        finish(o);
    say_line(o, &c, v.line, refused);
}

int ck_ended_main(int argc, char **argv)
{
    struct over o = {.journal = {.fd = -1}};
    char path[CK_PATH];
    struct ck_err e;

    if (parse(&o, argc, argv) < 0) {
        ck_log("it is run by the Slurm plugin only");
        return 2;
    }
    if (ck_jobdir_path(path, sizeof path, o.dir, "log") == 0)
        ck_log_file(path, "ended");
    if (ask_slurm(&o, &e) < 0 ||
        ck_journal_join(&o.journal, o.dir, &o.history, &e) < 0) {
        ck_log("how the job has ended cannot be found out: %s", e.text);
        return 1;
    }
    o.newest = ck_sets_newest(o.dir);
    if (o.newest <= ck_sets_finished(o.dir, NULL))
        o.newest = 0;
    decide(&o);
    ck_journal_close(&o.journal);
    return 0;
}
