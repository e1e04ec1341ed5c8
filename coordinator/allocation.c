/*
 * allocation.c - see allocation.h.
 *
 * The thread owns the module; the loop's thread owns the struct's `ask`, and
 * both share it under one lock. At the end the thread is left to itself if
 * it is inside a call to Slurm: the process is about to exit anyway.
 */
#include "coordinator/allocation.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define LOOK_S 1

struct answer {
    int fresh;
    int code;
    uint32_t number; /* of the look */
    char why[256];
};

struct ck_allocation {
    const struct ck_slurm_ops *slurm;
    const struct ck_allocation_ops *ops;
    void *arg;
    struct ck_loop *loop;
    struct ck_watch watch; /* eventfd */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* under the lock */
    int stop, look_now, ask_requeue;
    char comment[256]; /* to be set; "": none */
    uint32_t asked; /* looks */
    char requeue_why[128];
    struct answer looked, may, requeued;
    struct ck_slurm_job job;
    int lost; /* the loop was told that Slurm does not answer */
};

static void post(struct ck_allocation *a, struct answer *to, int code,
                 const char *why)
{
    uint64_t one = 1;

    pthread_mutex_lock(&a->lock);
    to->fresh = 1;
    to->code = code;
    snprintf(to->why, sizeof to->why, "%s", why);
    pthread_mutex_unlock(&a->lock);
    if (write(a->watch.fd, &one, sizeof one) < 0)
        return;
}

static void look(struct ck_allocation *a, int *asked_may)
{
    struct ck_slurm_job job = {0};
    char err[256] = "";
    uint32_t number;
    int r;

    pthread_mutex_lock(&a->lock);
    number = a->asked;
    pthread_mutex_unlock(&a->lock);
    r = a->slurm->look(&job, err, sizeof err);
    pthread_mutex_lock(&a->lock);
    if (r == 0)
        a->job = job;
    a->looked.number = number;
    pthread_mutex_unlock(&a->lock);
    post(a, &a->looked, r, err);
    if (r == 0 && !*asked_may) {
        *asked_may = 1;
        err[0] = '\0';
        r = job.batch ? a->slurm->may_requeue(err, sizeof err) : 0;
        if (!job.batch)
            snprintf(err, sizeof err, "only batch jobs can be requeued");
        post(a, &a->may, r > 0, err);
    }
}

static void *work(void *arg)
{
    struct ck_allocation *a = arg;
    int asked_may = 0;

    for (;;) {
        char err[256] = "", why[128], comment[sizeof a->comment];
        struct timespec until;
        int requeue, stop, r = 0;

        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += LOOK_S;
        pthread_mutex_lock(&a->lock);
        while (!a->stop && !a->look_now && !a->ask_requeue &&
               !a->comment[0] && r == 0)
            r = pthread_cond_timedwait(&a->wake, &a->lock, &until);
        requeue = a->ask_requeue;
        stop = a->stop;
        a->ask_requeue = a->look_now = 0;
        memcpy(why, a->requeue_why, sizeof why);
        memcpy(comment, a->comment, sizeof comment);
        a->comment[0] = '\0';
        pthread_mutex_unlock(&a->lock);
        if (stop)
            return NULL;
        if (requeue) {
            r = a->slurm->requeue(why, err, sizeof err);
            post(a, &a->requeued, r, err);
        }
        if (comment[0])
            a->slurm->comment(comment, err, sizeof err);
        look(a, &asked_may);
    }
}

static int take(struct ck_allocation *a, struct answer *from,
                struct answer *to)
{
    pthread_mutex_lock(&a->lock);
    *to = *from;
    from->fresh = 0;
    pthread_mutex_unlock(&a->lock);
    return to->fresh;
}

/* The loop's side. */
static void on_answers(void *arg, uint32_t events)
{
    struct ck_allocation *a = arg;
    struct ck_slurm_job job;
    struct answer ans;
    uint64_t n;

    (void)events;
    if (read(a->watch.fd, &n, sizeof n) < 0)
        return;
    if (take(a, &a->may, &ans))
        a->ops->may(a->arg, ans.code, ans.why);
    if (take(a, &a->looked, &ans)) {
        if (ans.code == 0) {
            pthread_mutex_lock(&a->lock);
            job = a->job;
            pthread_mutex_unlock(&a->lock);
            a->lost = 0;
            a->ops->looked(a->arg, &job);
        } else if (!a->lost) {
            a->lost = 1;
            a->ops->lost(a->arg, ans.why);
        }
        a->ops->answered(a->arg, ans.number, ans.code == 0);
    }
    if (take(a, &a->requeued, &ans))
        a->ops->requeued(a->arg, ans.code, ans.why);
}

int ck_allocation_open(struct ck_allocation **out, struct ck_loop *loop,
                       uint32_t job, const struct ck_slurm_ops *slurm,
                       const struct ck_allocation_ops *ops, void *arg,
                       struct ck_err *e)
{
    struct ck_allocation *a = calloc(1, sizeof *a);
    sigset_t all, old;
    char err[256] = "";
    int r;

    *out = NULL;
    if (!a)
        return ck_err(e, -ENOMEM, "out of memory");
    a->ops = ops;
    a->arg = arg;
    a->loop = loop;
    a->slurm = slurm;
    r = slurm->open(job, err, sizeof err);
    if (r < 0) {
        free(a);
        return ck_err(e, r, "Slurm cannot be used: %s", err);
    }
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->wake, NULL);
    a->look_now = 1;
    a->watch = (struct ck_watch){
        .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .fn = on_answers, .arg = a};
    /* Signals are the main thread's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = a->watch.fd < 0 ? -errno : ck_loop_add(loop, &a->watch, EPOLLIN);
    if (r == 0)
        r = -pthread_create(&a->thread, NULL, work, a);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r < 0)
        return ck_err_sys(e, r, "cannot start the thread that asks Slurm");
    *out = a;
    return 0;
}

static void wake(struct ck_allocation *a)
{
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
}

void ck_allocation_requeue(struct ck_allocation *a, const char *why)
{
    pthread_mutex_lock(&a->lock);
    a->ask_requeue = 1;
    snprintf(a->requeue_why, sizeof a->requeue_why, "%s", why);
    wake(a);
}

void ck_allocation_comment(struct ck_allocation *a, const char *text)
{
    pthread_mutex_lock(&a->lock);
    snprintf(a->comment, sizeof a->comment, CK_SLURM_COMMENT "%s", text);
    wake(a);
}

uint32_t ck_allocation_look(struct ck_allocation *a)
{
    uint32_t number;

    pthread_mutex_lock(&a->lock);
    a->look_now = 1;
    number = ++a->asked;
    wake(a);
    return number;
}

void ck_allocation_close(struct ck_allocation *a)
{
    if (!a)
        return;
    ck_loop_remove(a->loop, &a->watch);
    pthread_mutex_lock(&a->lock);
    a->stop = 1;
    wake(a);
}
