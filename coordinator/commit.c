/*
 * commit.c - the manifest, whose rename is the commit.
 *
 * Order: every image is synced by who wrote it; then the manifest is written
 * under another name, synced, renamed; then the set's directory, and the job
 * directory that names it, are synced. A crash before the rename leaves no
 * committed set, a crash after it a whole one. Older sets are removed only
 * when all of that is done.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "coordinator/coord.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"
#include "lib/sys/fmt.h"

static int sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;

    if (fd >= 0)
        close(fd);
    /* Some file systems do not sync directories, and say so. */
    return r == -EINVAL ? 0 : r;
}

static int write_manifest(const char *dir, const char *text, size_t len,
                          struct ck_err *e)
{
    char tmp[CK_PATH + 32], path[CK_PATH + 32];
    long r;
    int fd;

    snprintf(tmp, sizeof tmp, "%s/%s", dir, CK_MANIFEST_TMP);
    snprintf(path, sizeof path, "%s/%s", dir, CK_MANIFEST_NAME);
    fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
              0600);
    if (fd < 0)
        return ck_err_sys(e, -errno, "cannot make %s", tmp);
    r = ck_write_all(fd, text, len);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(tmp, path) < 0)
        r = -errno;
    if (r == 0)
        r = sync_dir(dir);
    return r < 0 ? ck_err_sys(e, (int)r, "cannot write %s", path) : 0;
}

/* Every file must be there, as long as its writer said. */
static int check_files(struct ck_coord *c, struct ck_err *e)
{
    const struct ck_manifest *m = c->round.manifest;
    char path[CK_PATH + 256];

    for (size_t i = 0; i < m->nimages; i++) {
        struct stat st;

        snprintf(path, sizeof path, "%s/%s", c->round.dir, m->image[i].file);
        if (lstat(path, &st) < 0)
            return ck_err_sys(e, -errno, "%s was written, but", path);
        if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != m->image[i].bytes)
            return ck_err(e, -EIO, "%s has %lld bytes, its writer wrote %llu",
                          path, (long long)st.st_size,
                          (unsigned long long)m->image[i].bytes);
    }
    return 0;
}

static int fill(struct ck_coord *c)
{
    struct ck_round *r = &c->round;
    struct ck_manifest *m = r->manifest;
    double stall = (double)(r->resumed - r->stop_sent) / 1000;
    char job[16] = "";

    if (c->opt.job)
        snprintf(job, sizeof job, "%u", c->opt.job);
    m->number = r->id;
    m->generation = c->history.generation;
    m->time = (uint64_t)time(NULL);
    m->seconds = (double)(ck_now() - r->requested) / 1000;
    m->stall_seconds = stall;
    if ((double)r->stall_us / 1e6 > stall)
        m->stall_seconds = (double)r->stall_us / 1e6;
    m->job = strdup(job);
    m->name = strdup(c->opt.name);
    return m->job && m->name ? 0 : -ENOMEM;
}

static void remember(struct ck_coord *c, const struct ck_manifest *m)
{
    c->last = (struct ck_last){
        .number = m->number,
        .bytes = ck_manifest_bytes(m),
        .time = m->time,
        .seconds = m->seconds,
        .stall_seconds = m->stall_seconds,
    };
}

int ck_commit(struct ck_coord *c, struct ck_err *e)
{
    size_t len = 0;
    char *text;
    int r;

    r = check_files(c, e);
    if (r < 0)
        return r;
    text = fill(c) < 0 ? NULL : ck_manifest_format(c->round.manifest, &len);
    if (!text)
        return ck_err(e, -ENOMEM, "the coordinator is out of memory");
    r = write_manifest(c->round.dir, text, len, e);
    free(text);
    if (r == 0 && (r = sync_dir(c->opt.dir)) < 0)
        ck_err_sys(e, r, "cannot sync %s", c->opt.dir);
    if (r == 0)
        remember(c, c->round.manifest);
    return r;
}

static void pruned(void *arg, uint32_t number)
{
    struct ck_coord *c = arg;

    ck_journal_add(&c->journal, 0, "pruned set=%u", number);
}

void ck_commit_prune(struct ck_coord *c)
{
    struct ck_err e;

    if (ck_sets_prune(c->opt.dir, c->opt.keep, c->over, pruned, c, &e) < 0)
        ck_log("older sets cannot be removed: %s", e.text);
}

/* At the start: what status shows until the first checkpoint of this run. One
 * of a run that is over is none of it. */
void ck_commit_load_last(struct ck_coord *c)
{
    uint32_t newest = ck_sets_newest(c->opt.dir);
    struct ck_manifest *m = NULL;
    struct ck_err e;

    c->over = ck_sets_finished(c->opt.dir, NULL);
    if (newest > c->over &&
        ck_set_manifest(c->opt.dir, newest, &m, &e) == 0)
        remember(c, m);
    ck_manifest_destroy(m);
}
