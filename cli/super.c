/* super.c - see super.h. */
#include "cli/super.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/members.h"
#include "lib/base/env.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"

static const int passed_on[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
static const int ignored[] = {SIGINT, SIGQUIT};
#define WARNING " warning text="

static struct {
    FILE *journal; /* read to where it was looked at last */
    int watch;
} heard = {NULL, -1};

static void our_signals(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(int); i++)
        sigaddset(set, passed_on[i]);
    for (size_t i = 0; i < sizeof(ignored) / sizeof(int); i++)
        sigaddset(set, ignored[i]);
    sigaddset(set, SIGCHLD);
    sigaddset(set, SIGIO);
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

void ck_super_listen(const char *dir)
{
    char path[CK_PATH];

    if (ck_jobdir_path(path, sizeof(path), dir, "journal") < 0 ||
        !(heard.journal = fopen(path, "re")))
        return;
    fseek(heard.journal, 0, SEEK_END);
    heard.watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (heard.watch < 0 ||
        inotify_add_watch(heard.watch, path, IN_MODIFY) < 0 ||
        fcntl(heard.watch, F_SETOWN, getpid()) < 0 ||
        fcntl(heard.watch, F_SETFL, O_ASYNC | O_NONBLOCK) < 0)
        ck_debug("%s: no news of it: %s", path, strerror(errno));
}

/* What has come into the journal; a line is written whole. */
static void hear(void)
{
    char line[1100], events[4096];
    const char *text;

    while (heard.watch >= 0 && read(heard.watch, events, sizeof(events)) > 0)
        ;
    if (!heard.journal)
        return;
    clearerr(heard.journal);
    while (fgets(line, sizeof(line), heard.journal)) {
        line[strcspn(line, "\n")] = 0;
        text = strstr(line, WARNING);
        if (text && text == strchr(line, ' '))
            ck_log("warning: %s", text + strlen(WARNING));
    }
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
    if (sig == SIGIO)
        hear();
    else if (sig > 0)
        pass_on(sig, roots, n);
    return reap(dir, roots, n);
}

void ck_super_wait(const char *dir, struct ck_root *roots, size_t n)
{
    while (ck_super_step(dir, roots, n, -1) > 0)
        ;
}

/* What the first process has left behind is the computation still: it may
 * have gone into the background. */
static int all_have_ended(const char *dir)
{
    struct ck_member m[64];
    unsigned n = ck_members(dir, m, 64);
    const struct ck_jval *p;
    struct ck_status s;
    int others = 0;

    for (unsigned i = 0; i < n; i++)
        if (i >= 64 || !m[i].dying)
            return 0;
    if (ck_status_live(dir, 2000, &s, NULL) < 0)
        return 1;
    p = ck_jget(s.doc, "processes");
    for (p = p ? p->child : NULL; p; p = p->next)
        others |= strcmp(ck_jstr(p, "node", ""), ck_env_node()) != 0;
    ck_status_free(&s);
    return !others;
}

int ck_super_end(const char *dir, const struct ck_root *first)
{
    uint32_t set;

    hear();
    /* A signal is no end of its own: it may go on from where it was. */
    if (WIFEXITED(first->status) && (set = ck_sets_newest(dir)) > 0 &&
        all_have_ended(dir))
        ck_sets_finish(dir, set, first->status, NULL);
    if (WIFSIGNALED(first->status) && WTERMSIG(first->status) == SIGKILL &&
        (set = ck_sets_newest(dir)) > 0)
        ck_log("ended by SIGKILL; `ckpt restart %s` goes on from image set "
               "%u",
               dir, set);
    return ck_exit_code(first->status);
}
