/* journal.c - see journal.h. */
#include "coordinator/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/jobdir.h"

#define ENDING_MS 10000 /* for a coordinator that has said that it ends */
#define KILLED_MS 3000  /* for one that may have been killed just now */
#define NAP_MS 20

/* The number behind " key=", or 0. */
static uint64_t value(const char *line, const char *key)
{
    size_t n = strlen(key);

    for (const char *p = line; (p = strchr(p, ' ')); p++)
        if (strncmp(p + 1, key, n) == 0 && p[1 + n] == '=')
            return strtoull(p + 2 + n, NULL, 10);
    return 0;
}

static int is(const char *event, const char *name)
{
    size_t n = strlen(name);

    return strncmp(event, name, n) == 0 && (!event[n] || event[n] == ' ');
}

void ck_journal_replay_line(struct ck_history *h, const char *line,
                            size_t len)
{
    char buf[1024];
    const char *event;
    uint32_t set;

    if (len >= sizeof buf)
        return;
    memcpy(buf, line, len);
    buf[len] = '\0';
    event = strchr(buf, ' ');
    if (!event)
        return;
    event++;
    set = (uint32_t)value(event, "set");
    if (is(event, "start") && value(event, "generation") > h->generation)
        h->generation = (uint32_t)value(event, "generation");
    if ((is(event, "begin") || is(event, "committed")) && set > h->last_set)
        h->last_set = set;
    if (is(event, "committed")) {
        h->committed = set;
        h->cost_ms = (int64_t)value(event, "cost_ms");
    }
    if (is(event, "requeued"))
        h->requeues++;
    if (is(event, "state") && strstr(event, " to=ended"))
        h->ended = 1;
    if (is(event, "start")) {
        h->ended = 0;
        h->absent = value(event, "restore") != 0;
        h->quit = 0;
    }
    if (strncmp(event, "output path=", 12) == 0 &&
        strlen(event + 12) < sizeof h->output)
        strcpy(h->output, event + 12);
    if (is(event, "restored"))
        h->absent = 0;
    if (is(event, "killed"))
        h->quit = SIGKILL;
    if (is(event, "state") && strstr(event, " to=ending"))
        h->quit = SIGTERM;
    if (is(event, "failure")) {
        h->failures++;
        h->failed_set = set;
    }
    if (is(event, "finished")) {
        h->failures = 0;
        h->failed_set = set;
    }
}

static int replay(int fd, struct ck_history *h)
{
    FILE *f = fdopen(dup(fd), "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    if (!f)
        return -errno;
    while ((n = getline(&line, &cap, f)) > 0)
        if (line[n - 1] == '\n')
            ck_journal_replay_line(h, line, (size_t)n - 1);
    free(line);
    fclose(f);
    return 0;
}

/* A line cut off by a crash is ended, so that the next one stands alone. */
static void mend(int fd)
{
    struct stat st;
    char last = '\n';

    if (fstat(fd, &st) == 0 && st.st_size > 0 &&
        pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n' &&
        write(fd, "\n", 1) != 1)
        return;
}

/* One that has ended the computation writes its last lines: who starts the
 * next run right behind it has seen the end and no more. And one that was
 * killed has its lock for some time after it is not seen any more: the kernel
 * takes the memory of who ends away first, then the files. */
static int lock(int fd)
{
    const struct timespec nap = {.tv_nsec = NAP_MS * 1000000L};

    for (int ms = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; ms += NAP_MS) {
        struct ck_history h = {0};

        if (errno != EWOULDBLOCK)
            return 0; /* a file system without locks */
        if (lseek(fd, 0, SEEK_SET) < 0 || replay(fd, &h) < 0 ||
            ms >= (h.ended ? ENDING_MS : KILLED_MS))
            return -EBUSY;
        nanosleep(&nap, NULL);
    }
    return 0;
}

static int open_file(struct ck_journal *j, const char *dir, int flags,
                     struct ck_err *e)
{
    char path[CK_PATH];

    j->fd = -1;
    if (ck_jobdir_path(path, sizeof path, dir, "journal") < 0)
        return ck_err(e, -ENAMETOOLONG, "%s: too long", dir);
    j->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags,
                 0600);
    return j->fd < 0 ? ck_err_sys(e, -errno, "cannot open %s", path) : 0;
}

static int read_it(struct ck_journal *j, const char *dir,
                   struct ck_history *h, struct ck_err *e)
{
    int r;

    *h = (struct ck_history){0};
    r = lseek(j->fd, 0, SEEK_SET) < 0 ? -errno : replay(j->fd, h);
    if (r < 0) {
        ck_journal_close(j);
        return ck_err_sys(e, r, "cannot read %s/journal", dir);
    }
    return 0;
}

int ck_journal_open(struct ck_journal *j, const char *dir,
                    struct ck_history *h, struct ck_err *e)
{
    int r = open_file(j, dir, O_CREAT, e);

    if (r < 0)
        return r;
    if (lock(j->fd) < 0) {
        ck_journal_close(j);
        return ck_err(e, -EBUSY, "another coordinator runs for %s: `ckpt "
                      "status --dir %s` shows it", dir, dir);
    }
    r = read_it(j, dir, h, e);
    if (r == 0)
        mend(j->fd);
    return r;
}

/* Nothing is mended here: a line without its end may be one that is just
 * being written. */
int ck_journal_join(struct ck_journal *j, const char *dir,
                    struct ck_history *h, struct ck_err *e)
{
    int r = open_file(j, dir, 0, e);

    return r < 0 ? r : read_it(j, dir, h, e);
}

int ck_journal_add(struct ck_journal *j, int sync, const char *fmt, ...)
{
    char line[1024];
    int n, m;
    va_list ap;

    if (j->fd < 0)
        return 0;
    n = snprintf(line, sizeof line, "%lld ", (long long)time(NULL));
    va_start(ap, fmt);
    m = vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, ap);
    va_end(ap);
    n += m < (int)sizeof line - n - 1 ? m : (int)sizeof line - n - 2;
    for (int i = 0; i < n; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[n++] = '\n';
    if (write(j->fd, line, (size_t)n) != n)
        return errno ? -errno : -EIO;
    if (sync && fdatasync(j->fd) < 0)
        return -errno;
    return 0;
}

void ck_journal_close(struct ck_journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
}
