/*
 * main.c - starts a coordinator, runs its loop, cleans up behind it.
 */
#include "coordinator/coordinator.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "coordinator/coord.h"
#include "coordinator/keeper.h"
#include "coordinator/leaving.h"
#include "coordinator/obstacles.h"
#include "coordinator/takeover.h"
#include "lib/base/config.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"

/* ---- what Slurm says ---- */

static void slurm_looked(void *arg, const struct ck_slurm_job *job)
{
    struct ck_coord *c = arg;
    struct ck_policy *p = &c->policy;
    int64_t now = ck_now(), limit = 0;

    if (job->end_time)
        limit = now + ((int64_t)job->end_time - (int64_t)job->now) * 1000;
    c->kill_wait_ms = (int64_t)job->kill_wait * 1000;
    p->job_start = now - ((int64_t)job->now - (int64_t)job->start_time) * 1000;
    /* It is read anew each second: only a real change is worth a line. */
    if (limit && (limit > p->limit + 2000 || limit < p->limit - 2000))
        ck_log("the job ends in %lld s", (long long)(limit - now) / 1000);
    p->limit = limit;
    if (job->preempt_time && !p->preempted) {
        ck_log("the job is being preempted");
        ck_journal_add(&c->journal, 0, "preempted");
    }
    if (job->running && !job->preempt_time && p->preempted)
        ck_hold_withdrawn(c);
    p->preempted = job->preempt_time != 0 && job->running;
    ck_leaving_looked(c, job);
    ck_term_looked(c, 0);
}

static void slurm_lost(void *arg, const char *why)
{
    ck_log("Slurm does not answer: %s", why);
    ck_term_looked(arg, 1);
}

static void slurm_answered(void *arg, uint32_t number, int known)
{
    ck_leaving_answered(arg, number, known);
}

static void slurm_may(void *arg, int may, const char *why)
{
    struct ck_coord *c = arg;

    c->policy.may_requeue = may;
    if (!may)
        ck_log("the job cannot be requeued (%s): it gets a last image set "
               "before its end", why);
}

static void slurm_requeued(void *arg, int code, const char *why)
{
    ck_hold_requeued(arg, code, why);
}

static const struct ck_allocation_ops allocation_ops = {
    .looked = slurm_looked,
    .lost = slurm_lost,
    .answered = slurm_answered,
    .may = slurm_may,
    .requeued = slurm_requeued,
};

/* ---- signals, parent, timers ---- */

/* In Slurm TERM says that the job is about to end: what to do about it is
 * decided by looking at the job, and KILL will come in any case. */
static void on_signal(void *arg, uint32_t events)
{
    struct ck_coord *c = arg;
    struct signalfd_siginfo s;

    (void)events;
    if (read(c->signals.fd, &s, sizeof s) != sizeof s)
        return;
    if (c->opt.slurm) {
        if (c->allocation)
            ck_allocation_look(c->allocation);
        return;
    }
    if (c->opt.interactive && s.ssi_signo == SIGINT) {
        printf("\nq ends the computation and the coordinator\n");
        ck_prompt_show(c);
        return;
    }
    ck_coord_end(c, "signal");
}

static void on_parent(void *arg, uint32_t events)
{
    (void)events;
    ck_coord_end(arg, "the parent process has ended");
}

static void end_over(void *arg)
{
    struct ck_coord *c = arg;

    if (c->session.state == CK_ST_IDLE && !c->had_process && !c->opt.stay &&
        !c->opt.parent_watch)
        ck_coord_end(c, "no process has come");
    else
        ck_coord_consider_end(c);
}

static void nothing(void *arg)
{
    (void)arg; /* the pump, which runs after every round, does the work */
}

static int watch_signals(struct ck_coord *c)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    c->signals = (struct ck_watch){
        .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
        .fn = on_signal, .arg = c};
    return c->signals.fd < 0 ? -errno :
                               ck_loop_add(&c->loop, &c->signals, EPOLLIN);
}

static int watch_parent(struct ck_coord *c, int fd, struct ck_err *e)
{
    if (fd < 0)
        return ck_err(e, -ESRCH, "the parent process has ended already");
    c->child = (struct ck_watch){.fd = fd, .fn = on_parent, .arg = c};
    return ck_loop_add(&c->loop, &c->child, EPOLLIN);
}

/* ---- start and end ---- */

/* One descriptor per process of the job. */
static void raise_limits(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

/* The highest number that a set has or had. */
static int find_last_set(struct ck_coord *c, struct ck_err *e)
{
    struct ck_sets s;
    int r = ck_sets_scan(c->opt.dir, &s, e);

    if (r < 0)
        return r;
    c->last_set = c->history.last_set;
    if (s.n && s.v[s.n - 1].number > c->last_set)
        c->last_set = s.v[s.n - 1].number;
    ck_sets_free(&s);
    return 0;
}

static void init(struct ck_coord *c)
{
    snprintf(c->node, sizeof c->node, "%s", ck_env_node());
    c->listener.fd = c->stdin_watch.fd = c->signals.fd = c->child.fd = -1;
    ck_peers_init(&c->peers);
    ck_session_init(&c->session, &ck_coord_session_ops, c);
    ck_round_init(c);
    ck_lost_init(c);
    ck_notice_init(c);
    ck_status_init(c);
    ck_policy_init(&c->policy, (int64_t)c->opt.interval * 1000, c->opt.lead);
    c->policy.on_limit = ck_requeue(&(struct ck_case){
        .happened = CK_HAS_LIMIT, .on = c->opt.on}).checkpoint;
    c->policy.on_preempt = ck_requeue(&(struct ck_case){
        .happened = CK_HAS_PREEMPT, .on = c->opt.on}).checkpoint;
    c->due = (struct ck_timer){.fn = nothing, .arg = c};
    c->end_timer = (struct ck_timer){.fn = end_over, .arg = c};
    c->quit_timer = (struct ck_timer){.fn = ck_coord_quit_over, .arg = c};
}

static int open_dir(struct ck_coord *c, struct ck_err *e)
{
    char real[CK_PATH], path[CK_PATH];
    uint8_t key[CK_KEY_SIZE];
    int r = ck_jobdir_create(c->opt.dir, real, e);

    if (r < 0)
        return r;
    snprintf(c->opt.dir, sizeof c->opt.dir, "%s", real);
    r = ck_jobdir_key(c->opt.dir, key, e);
    if (r < 0)
        return r;
    r = ck_journal_open(&c->journal, c->opt.dir, &c->history, e);
    if (r < 0)
        return r;
    if (ck_jobdir_path(path, sizeof path, c->opt.dir, "log") == 0)
        ck_log_file(path, "coordinator");
    ck_links_init(&c->links, &c->loop, key, &ck_coord_link_ops, c);
    return 0;
}

static int start_slurm(struct ck_coord *c, struct ck_err *e)
{
    const struct ck_slurm_ops *slurm = ck_slurm_module(e);

    if (!slurm)
        return -ENOENT;
    return ck_allocation_open(&c->allocation, &c->loop, c->opt.job, slurm,
                              &allocation_ops, c, e);
}

/* A coordinator, from its beginning to its end. */
struct run {
    struct ck_coord *c;
    int ready; /* who waits until it is up; or -1 */
    int parent; /* a pidfd, or -1 */
};

/* A run of the computation begins, or goes on from a set. */
static int begin(struct ck_coord *c, struct ck_err *e)
{
    int r;

    ck_off_forget(c);
    c->history.generation++;
    if (c->opt.restore && (r = ck_restore_begin(c, e)) < 0)
        return r;
    ck_journal_add(&c->journal, 1, "start generation=%u pid=%d node=%s "
                   "restore=%u interval=%u", c->history.generation,
                   (int)getpid(), c->node, c->opt.restore, c->opt.interval);
    return 0;
}

static int start(struct ck_coord *c, const struct run *run, int again,
                 struct ck_err *e)
{
    int r;

    raise_limits();
    if ((r = ck_loop_init(&c->loop)) < 0)
        return ck_err_sys(e, r, "epoll");
    if ((r = open_dir(c, e)) < 0 || (r = find_last_set(c, e)) < 0)
        return r;
    c->policy.cost = c->history.cost_ms;
    ck_commit_load_last(c);
    if ((r = watch_signals(c)) < 0)
        return ck_err_sys(e, r, "signalfd");
    if (c->opt.parent_watch && (r = watch_parent(c, run->parent, e)) < 0)
        return r;
    if ((r = again ? ck_takeover(c, e) : begin(c, e)) < 0)
        return r;
    /* A job without an answer from Slurm still has its clock. */
    if (c->opt.slurm && start_slurm(c, e) < 0)
        ck_log("%s; the job is not requeued", e->text);
    ck_status_write(c);
    if ((r = ck_server_open(c, e)) < 0)
        return r;
    ck_log("started: generation %u, %s port %u", c->history.generation,
           c->addresses, c->port);
    if (!c->opt.restore || again)
        ck_loop_arm(&c->loop, &c->end_timer, ck_now() + c->opt.limit.first);
    if (again)
        ck_takeover_done(c);
    return 0;
}

static void finish(struct ck_coord *c)
{
    if (c->session.state == CK_ST_ENDED)
        ck_status_write(c);
    ck_server_close(c);
    ck_links_shutdown(&c->links, 1000);
    ck_allocation_close(c->allocation);
    ck_journal_add(&c->journal, 1, "ended");
    ck_log("ended");
    ck_round_fini(c);
    ck_lost_fini(c);
    ck_peers_fini(&c->peers);
    ck_notice_fini(c);
    ck_restore_fini(c);
    ck_journal_close(&c->journal);
    ck_loop_fini(&c->loop);
}

/* Tells who started us that we are up, or that we are not. */
static void ready(int fd, int status)
{
    char c = (char)status;

    if (fd < 0)
        return;
    if (write(fd, &c, 1) < 0)
        ck_log("nobody waits for the coordinator's start");
    close(fd);
}

static int serve(void *arg, int again)
{
    struct run *run = arg;
    struct ck_coord *c = run->c;
    struct ck_err e = {""};
    int r;

    init(c);
    r = start(c, run, again, &e);
    if (r < 0) {
        fprintf(stderr, "ckpt: coordinator: %s\n", e.text);
        ck_log("not started: %s", e.text);
        ck_server_close(c);
        ready(run->ready, 1);
        return 1;
    }
    if (run->ready >= 0)
        ck_leave_terminal();
    ready(run->ready, 0);
    if (c->opt.interactive && ck_prompt_open(c) < 0)
        ck_log("no prompt");
    if (c->session.state != CK_ST_ENDED) {
        r = ck_loop_run(&c->loop, ck_coord_pump, c);
        if (r < 0)
            ck_log("the loop ends: %s", strerror(-r));
    }
    finish(c);
    return c->exit_code;
}

/* The child goes on; the parent waits until it is up. */
static int background(int *ready_fd)
{
    int p[2];
    pid_t pid;
    char status = 1;

    if (pipe2(p, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
        fprintf(stderr, "ckpt: coordinator: %s\n", strerror(errno));
        return 1;
    }
    if (pid == 0) {
        close(p[0]);
        setsid();
        *ready_fd = p[1];
        return 0;
    }
    close(p[1]);
    while (read(p[0], &status, 1) < 0 && errno == EINTR)
        ;
    exit(status);
}

/* Whose end the coordinator is to see. */
static int open_parent(void)
{
    pid_t parent = getppid();
    int fd = (int)syscall(SYS_pidfd_open, parent, 0);

    if (fd < 0)
        return -1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (getppid() == parent)
        return fd;
    close(fd);
    return -1;
}

int ck_coordinator_main(int argc, char **argv)
{
    struct ck_coord *c = calloc(1, sizeof *c);
    struct run run = {.c = c, .ready = -1, .parent = -1};
    struct ck_err e = {""};
    int r;

    if (!c)
        return 1;
    r = ck_options_parse(&c->opt, argc, argv, &e);
    if (r < 0)
        fprintf(stderr, "ckpt: coordinator: %s (ckpt coordinator --help)\n",
                e.text);
    if (r == 0 && c->opt.parent_watch)
        run.parent = open_parent();
    if (r == 0 && !c->opt.foreground)
        r = background(&run.ready);
    if (r)
        r = r < 0 ? 2 : 0;
    else if (c->opt.unkept)
        r = serve(&run, 0);
    else
        r = ck_keep(serve, &run, run.ready, c->opt.dir);
    free(c);
    return r;
}
