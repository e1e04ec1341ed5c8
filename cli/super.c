/* super.c - see super.h. */
#include "cli/super.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "cli/cli.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"

static const int passed_on[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
static const int ignored[] = {SIGINT, SIGQUIT};

static void our_signals(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(int); i++)
        sigaddset(set, passed_on[i]);
    for (size_t i = 0; i < sizeof(ignored) / sizeof(int); i++)
        sigaddset(set, ignored[i]);
    sigaddset(set, SIGCHLD);
}

void ck_super_begin(struct ck_super *s)
{
    struct sigaction dfl = {.sa_handler = SIG_DFL};
    sigset_t set;

    our_signals(&set);
    sigprocmask(SIG_BLOCK, &set, &s->old_mask);
    /* who starts us with SIGCHLD ignored would take the status away */
    sigaction(SIGCHLD, &dfl, &s->old_chld);
}

void ck_super_child(const struct ck_super *s)
{
    sigaction(SIGCHLD, &s->old_chld, NULL);
    sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
}

static void record_exit(const char *dir, const struct ck_root *r)
{
    char path[CK_PATH], text[16];
    int n = snprintf(text, sizeof(text), "%d\n", r->status);
    struct ck_err e;

    if (ck_jobdir_path(path, sizeof(path), dir, "exit.%s", r->tree) == 0 &&
        ck_jobdir_replace(path, text, (size_t)n, &e) < 0)
        ck_debug("%s", e.text);
}

static size_t reap(const char *dir, struct ck_root *roots, size_t n)
{
    size_t left = 0;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < n; i++)
            if (roots[i].pid == pid && !roots[i].ended) {
                roots[i].ended = 1;
                roots[i].status = status;
                record_exit(dir, &roots[i]);
            }
    for (size_t i = 0; i < n; i++)
        left += !roots[i].ended;
    return left;
}

static void pass_on(int sig, const struct ck_root *roots, size_t n)
{
    for (size_t k = 0; k < sizeof(passed_on) / sizeof(int); k++)
        if (passed_on[k] == sig)
            for (size_t i = 0; i < n; i++)
                if (!roots[i].ended)
                    kill(roots[i].pid, sig);
}

size_t ck_super_step(const char *dir, struct ck_root *roots, size_t n,
                     int limit_ms)
{
    struct timespec ts = {limit_ms / 1000, limit_ms % 1000 * 1000000L};
    size_t left = reap(dir, roots, n);
    sigset_t set;
    int sig;

    if (left == 0)
        return 0;
    our_signals(&set);
    sig = limit_ms < 0 ? sigwaitinfo(&set, NULL)
                       : sigtimedwait(&set, NULL, &ts);
    if (sig > 0)
        pass_on(sig, roots, n);
    return reap(dir, roots, n);
}

void ck_super_wait(const char *dir, struct ck_root *roots, size_t n)
{
    while (ck_super_step(dir, roots, n, -1) > 0)
        ;
}

int ck_super_end(const char *dir, const struct ck_root *first)
{
    uint32_t set;

    if (WIFSIGNALED(first->status) && WTERMSIG(first->status) == SIGKILL &&
        (set = ck_sets_newest(dir)) > 0)
        ck_log("ended by SIGKILL; `ckpt restart %s` goes on from image set "
               "%u",
               dir, set);
    return ck_exit_code(first->status);
}
