/*
 * notice.c - see notice.h.
 *
 * The job's output is written through the batch script's own descriptor: one
 * of our own would have its own position, and overwrite what the script writes.
 * It is taken while the script has executed nothing. A later life's script may
 * have led its standard error elsewhere: it has to be the same file.
 */
#include "coordinator/notice.h"

#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "coordinator/coord.h"
#include "lib/base/log.h"

#define PATIENCE_S 60 /* for retries */
#define MOST_MS (24 * 3600 * INT64_C(1000))

void ck_notice_init(struct ck_coord *c)
{
    c->notice = (struct ck_notice){.output = -1};
}

void ck_notice_fini(struct ck_coord *c)
{
    if (c->notice.output >= 0)
        close(c->notice.output);
    c->notice.output = -1;
}

/* A copy of its descriptor 2, or -1. */
static int stderr_of(pid_t pid)
{
    int p = (int)syscall(SYS_pidfd_open, pid, 0), fd;

    if (p < 0)
        return -1;
    fd = (int)syscall(SYS_pidfd_getfd, p, 2, 0);
    close(p);
    return fd;
}

/* 0 and its path, if it is a file that has one. */
static int file_of(int fd, char *path, size_t cap)
{
    char link[64];
    struct stat st;
    ssize_t n;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !st.st_nlink)
        return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, cap);
    if (n <= 0 || (size_t)n >= cap)
        return -1;
    path[n] = '\0';
    return 0;
}

void ck_notice_output(struct ck_coord *c, pid_t pid, const char *node,
                      const char *tree)
{
    char path[sizeof c->history.output];
    int fd;

    if (!c->opt.slurm || c->notice.output >= 0 || strcmp(tree, "batch") != 0 ||
        strcmp(node, c->node) != 0 || (fd = stderr_of(pid)) < 0)
        return;
    if (file_of(fd, path, sizeof path) < 0 ||
        (c->history.output[0] && strcmp(path, c->history.output) != 0)) {
        close(fd);
        return;
    }
    c->notice.output = fd;
    if (c->history.output[0])
        return;
    snprintf(c->history.output, sizeof c->history.output, "%s", path);
    ck_journal_add(&c->journal, 0, "output path=%s", path);
}

static void say(struct ck_coord *c, const char *text)
{
    char line[1400];

    ck_journal_add(&c->journal, 0, "warning text=%s", text);
    if (c->notice.output >= 0) {
        snprintf(line, sizeof line, "ckpt: %s\n", text);
        if (write(c->notice.output, line, strlen(line)) < 0)
            ck_log("the job's output can't be written");
    }
    if (c->allocation)
        ck_allocation_comment(c->allocation, text);
}

static void clock_text(uint64_t at, char *buf, size_t cap)
{
    time_t t = (time_t)at;
    struct tm tm;

    buf[0] = '\0';
    if (localtime_r(&t, &tm))
        strftime(buf, cap, "%Y-%m-%d %H:%M", &tm);
}

static void remind(struct ck_coord *c)
{
    char text[1300], since[32], last[32], where[64] = "";

    clock_text(c->notice.since, since, sizeof since);
    clock_text(c->last.time, last, sizeof last);
    if (c->opt.job)
        snprintf(where, sizeof where, " (ckpt status %u)", c->opt.job);
    if (c->last.number)
        snprintf(text, sizeof text, "unprotected since %s, the newest image "
                 "set is %u of %s: %s%s", since, c->last.number, last,
                 c->last_error, where);
    else
        snprintf(text, sizeof text, "unprotected, no checkpoint has succeeded "
                 "yet: %s%s", c->last_error, where);
    say(c, text);
}

void ck_notice_failed(struct ck_coord *c, int given_up)
{
    struct ck_notice *n = &c->notice;
    uint64_t now = (uint64_t)time(NULL);

    ck_status_changed(c);
    if (!n->since)
        n->since = now;
    if ((!given_up && now < n->since + PATIENCE_S) ||
        (n->next && ck_now() < n->next))
        return;
    n->pause = n->next ? 2 * n->pause : c->opt.limit.remind;
    if (n->pause > MOST_MS)
        n->pause = MOST_MS;
    n->next = ck_now() + n->pause;
    remind(c);
}

void ck_notice_good(struct ck_coord *c)
{
    char text[128];

    if (c->notice.next) {
        snprintf(text, sizeof text, "protected again: image set %u is "
                 "committed", c->last.number);
        say(c, text);
    }
    c->notice.since = 0;
    c->notice.next = 0;
}
