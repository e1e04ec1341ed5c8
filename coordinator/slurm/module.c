/*
 * module.c - the coordinator's view of Slurm; see coordinator/slurm_api.h.
 *
 * The only code that is linked with libslurm. It runs as the job's owner,
 * inside the job, and does only what an owner may do. What is asked often
 * (look) is one request for one job. Every reason names the job.
 */
#include "coordinator/slurm_api.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

extern __attribute__((visibility("default")))
const struct ck_slurm_ops ck_slurm_ops;

static struct {
    uint32_t job;
    uint32_t kill_wait;
    int site_requeues; /* JobRequeue=1: Requeue=0 is the user's own word */
    int configured;
} state;

static int fail(char *err, size_t cap, int code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int fail(char *err, size_t cap, int code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (err && cap)
        vsnprintf(err, cap, fmt, ap);
    va_end(ap);
    return code;
}

/* What Slurm says about the last call, as a negative errno. */
static int refused(char *err, size_t cap, const char *what)
{
    int e = errno;

    return fail(err, cap,
                e == ESLURM_ACCESS_DENIED || e == ESLURM_USER_ID_MISSING
                    ? -EACCES
                : e == ESLURM_INVALID_JOB_ID ? -ESRCH
                                             : -EIO,
                "Slurm, job %u: %s: %s", state.job, what, slurm_strerror(e));
}

static void learn_configuration(void)
{
    slurm_conf_t *conf = NULL;

    if (state.configured || slurm_load_ctl_conf(0, &conf) != SLURM_SUCCESS ||
        !conf)
        return;
    state.kill_wait = conf->kill_wait;
    state.site_requeues = conf->job_requeue != 0;
    state.configured = 1;
    slurm_free_ctl_conf(conf);
}

/* Slurm's plugins expect its library's symbols in the global scope, and the
 * coordinator loads us into a scope of our own. */
static int make_global(char *err, size_t errlen)
{
    Dl_info info;

    if (dladdr((void *)(uintptr_t)slurm_init, &info) && info.dli_fname &&
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL))
        return 0;
    return fail(err, errlen, -ENOENT, "Slurm's library cannot be loaded: %s",
                dlerror());
}

static int mod_open(uint32_t jobid, char *err, size_t errlen)
{
    if (!jobid)
        return fail(err, errlen, -EINVAL, "no Slurm job id");
    if (make_global(err, errlen) < 0)
        return -ENOENT;
    slurm_init(NULL);
    state.job = jobid;
    state.kill_wait = 30; /* Slurm's default, until it can be asked */
    state.site_requeues = 1;
    learn_configuration();
    return 0;
}

static time_t known(time_t t)
{
    return t == (time_t)NO_VAL || t == (time_t)INFINITE ? 0 : t;
}

/* A job is not RUNNING any more in Slurm's books when the first signal that
 * is to end it arrives. One that is requeued has been something else for a
 * moment (PREEMPTED, NODE_FAIL), with a flag; then it is PENDING. */
static enum ck_slurm_end how_it_ends(uint32_t s)
{
    if (s & JOB_REQUEUE)
        return CK_SLURM_REQUEUED;
    switch (s & JOB_STATE_BASE) {
    case JOB_RUNNING:
    case JOB_SUSPENDED:
        return CK_SLURM_LIVES;
    case JOB_PENDING:
        return CK_SLURM_REQUEUED;
    case JOB_COMPLETE:
    case JOB_FAILED:
    case JOB_OOM:
        return CK_SLURM_ENDED;
    case JOB_CANCELLED:
        return CK_SLURM_CANCELLED;
    case JOB_PREEMPTED:
        return CK_SLURM_PREEMPTED;
    case JOB_TIMEOUT:
        return CK_SLURM_TIMEOUT;
    case JOB_NODE_FAIL:
        return CK_SLURM_NODE_FAIL;
    default:
        return CK_SLURM_KILLED;
    }
}

/* One component of the job. A job of several is preempted when one of them is,
 * ends when the first of them does, and runs as long as all do. */
static void add_component(struct ck_slurm_job *job, const slurm_job_info_t *j)
{
    time_t preempt, end = 0;

    if (job->end == CK_SLURM_LIVES)
        job->end = how_it_ends(j->job_state);
    if ((j->job_state & JOB_STATE_BASE) == JOB_SUSPENDED &&
        !(j->job_state & (JOB_COMPLETING | JOB_REQUEUE)))
        job->suspended = 1;
    if ((j->job_state & JOB_STATE_BASE) != JOB_RUNNING ||
        j->job_state & (JOB_COMPLETING | JOB_REQUEUE)) {
        job->running = 0;
        return;
    }
    preempt = known(j->preempt_time);
    if (!job->preempt_time)
        job->preempt_time = preempt;
    /* without a time limit, the grace's end is an end all the same */
    if (j->time_limit != INFINITE || preempt)
        end = known(j->end_time);
    if (end && (!job->end_time || end < job->end_time))
        job->end_time = end;
}

static int mod_look(struct ck_slurm_job *job, char *err, size_t errlen)
{
    job_info_msg_t *msg = NULL;
    const slurm_job_info_t *j;

    memset(job, 0, sizeof(*job));
    if (slurm_load_job(&msg, state.job, 0) != SLURM_SUCCESS)
        return refused(err, errlen, "cannot be looked at");
    if (!msg || msg->record_count < 1) {
        slurm_free_job_info_msg(msg);
        return fail(err, errlen, -ESRCH, "Slurm knows no job %u", state.job);
    }
    learn_configuration();
    j = &msg->job_array[0]; /* the first component, whose id is the job's */
    job->now = time(NULL);
    job->kill_wait = state.kill_wait;
    job->restarts = j->restart_cnt;
    job->batch = j->batch_flag != 0;
    job->requeue = j->requeue != 0;
    job->running = 1;
    for (uint32_t i = 0; i < msg->record_count; i++)
        add_component(job, &msg->job_array[i]);
    /* of a job that is on its way out they are the next run's */
    if (job->running)
        job->start_time = known(j->start_time);
    else
        job->preempt_time = job->end_time = 0;
    slurm_free_job_info_msg(msg);
    return 0;
}

static int allow_requeue(char *err, size_t errlen)
{
    job_desc_msg_t d;

    slurm_init_job_desc_msg(&d);
    d.job_id = state.job;
    d.requeue = 1;
    if (slurm_update_job(&d) != SLURM_SUCCESS)
        return refused(err, errlen, "may not be requeued");
    return 1;
}

static int mod_may_requeue(char *err, size_t errlen)
{
    struct ck_slurm_job job;
    int r = mod_look(&job, err, errlen);

    if (r < 0)
        return r;
    if (!job.batch)
        return fail(err, errlen, 0, "Slurm requeues batch jobs only");
    if (job.requeue)
        return 1;
    if (state.site_requeues)
        return fail(err, errlen, 0,
                    "the job was submitted with --no-requeue");
    r = allow_requeue(err, errlen);
    return r == -EACCES ? 0 : r;
}

static int mod_requeue(const char *why, char *err, size_t errlen)
{
    (void)why; /* comments are an administrator's to set */
    if (slurm_requeue(state.job, 0) != SLURM_SUCCESS)
        return refused(err, errlen, "cannot be requeued");
    return 0;
}

static int mod_comment(const char *text, char *err, size_t errlen)
{
    job_info_msg_t *msg = NULL;
    job_desc_msg_t d;
    const char *old;
    int ours;

    if (slurm_load_job(&msg, state.job, 0) != SLURM_SUCCESS)
        return refused(err, errlen, "cannot be looked at");
    old = msg->record_count ? msg->job_array[0].comment : NULL;
    ours = !old || !*old ||
           strncmp(old, CK_SLURM_COMMENT, strlen(CK_SLURM_COMMENT)) == 0;
    slurm_free_job_info_msg(msg);
    if (!ours)
        return 0;
    slurm_init_job_desc_msg(&d);
    d.job_id = state.job;
    d.comment = (char *)text;
    if (slurm_update_job(&d) != SLURM_SUCCESS)
        return refused(err, errlen, "its comment cannot be set");
    return 0;
}

static void mod_close(void)
{
    slurm_fini();
    memset(&state, 0, sizeof(state));
}

const struct ck_slurm_ops ck_slurm_ops = {
    .version = CK_SLURM_API_VERSION,
    .open = mod_open,
    .look = mod_look,
    .may_requeue = mod_may_requeue,
    .requeue = mod_requeue,
    .comment = mod_comment,
    .close = mod_close,
};
