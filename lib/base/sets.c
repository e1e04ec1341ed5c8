/*
 * sets.c - see sets.h: finding, reading, deleting sets. Verification is in
 * verify.c.
 */
#include "lib/base/sets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/jobdir.h"
#include "lib/base/undo.h"
#include "lib/sys/fmt.h"

#define GONE_NAME "MANIFEST.gone"

static int by_number(const void *a, const void *b)
{
    const struct ck_set *x = a, *y = b;

    return x->number < y->number ? -1 : x->number > y->number;
}

int ck_sets_scan(const char *job_dir, struct ck_sets *out, struct ck_err *e)
{
    DIR *d = opendir(job_dir);
    size_t cap = 0;
    struct dirent *de;

    memset(out, 0, sizeof(*out));
    if (!d)
        return errno == ENOENT ? 0 : ck_err_sys(e, -errno, "%s", job_dir);
    while ((de = readdir(d))) {
        uint32_t number = ck_jobdir_set_number(de->d_name);
        char path[CK_PATH];
        struct ck_set *s;
        struct stat st;

        if (!number || strlen(de->d_name) >= sizeof(s->name))
            continue;
        if (out->n == cap) {
            cap = cap ? 2 * cap : 16;
            s = realloc(out->v, cap * sizeof(*s));
            if (!s) {
                closedir(d);
                ck_sets_free(out);
                return ck_err(e, -ENOMEM, "out of memory");
            }
            out->v = s;
        }
        s = &out->v[out->n++];
        s->number = number;
        strcpy(s->name, de->d_name);
        s->committed =
            !ck_jobdir_path(path, sizeof(path), job_dir, "%s/%s", s->name,
                            CK_MANIFEST_NAME) && !stat(path, &st);
    }
    closedir(d);
    if (out->n)
        qsort(out->v, out->n, sizeof(*out->v), by_number);
    return 0;
}

void ck_sets_free(struct ck_sets *s)
{
    free(s->v);
    memset(s, 0, sizeof(*s));
}

uint32_t ck_sets_newest(const char *job_dir)
{
    struct ck_sets s;
    uint32_t number = 0;

    if (ck_sets_scan(job_dir, &s, NULL))
        return 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.v[i].committed)
            number = s.v[i].number;
    }
    ck_sets_free(&s);
    return number;
}

int ck_set_manifest(const char *job_dir, uint32_t number,
                    struct ck_manifest **out, struct ck_err *e)
{
    char dir[CK_PATH], path[CK_PATH];
    int rc;

    *out = NULL;
    if (ck_jobdir_set(dir, sizeof(dir), job_dir, number) ||
        ck_path_join(path, sizeof(path), dir, CK_MANIFEST_NAME))
        return ck_err(e, -ENAMETOOLONG, "%s: path too long", job_dir);
    rc = ck_manifest_load(path, out, e);
    if (rc == -ENOENT)
        return ck_err(e, rc, "%s was never completed", dir);
    if (!rc && (*out)->number != number) {
        rc = ck_err(e, -EBADMSG, "%s says that it is of set %u", path,
                    (*out)->number);
        ck_manifest_destroy(*out);
        *out = NULL;
    }
    return rc;
}

int ck_sets_finish(const char *job_dir, uint32_t upto, int status,
                   struct ck_err *e)
{
    char path[CK_PATH], text[32];
    int n = snprintf(text, sizeof(text), "%u %d\n", upto, status);

    if (ck_jobdir_path(path, sizeof(path), job_dir, "finished"))
        return ck_err(e, -ENAMETOOLONG, "%s: path too long", job_dir);
    return ck_jobdir_replace(path, text, (size_t)n, e);
}

void ck_sets_reopen(const char *job_dir)
{
    char path[CK_PATH];

    if (!ck_jobdir_path(path, sizeof(path), job_dir, "finished"))
        unlink(path);
}

uint32_t ck_sets_finished(const char *job_dir, int *status)
{
    char path[CK_PATH], text[32], end;
    unsigned upto;
    int how;

    if (ck_jobdir_path(path, sizeof(path), job_dir, "finished") ||
        ck_read_file(path, text, sizeof(text)) < 0 ||
        sscanf(text, "%10u %6d%c", &upto, &how, &end) != 3 || end != '\n' ||
        how < 0)
        return 0;
    if (status)
        *status = how;
    return upto;
}

/* Removes what is in the directory, which has no directories in it. */
static int empty_dir(int fd, const char *path, struct ck_err *e)
{
    int copy = dup(fd), rc = 0;
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *de;

    if (!d) {
        rc = -errno;
        if (copy >= 0)
            close(copy);
        return ck_err_sys(e, rc, "%s", path);
    }
    while (!rc && (de = readdir(d))) {
        if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
            continue;
        if (unlinkat(fd, de->d_name, 0) && errno != ENOENT)
            rc = ck_err_sys(e, -errno, "cannot remove %s/%s", path,
                            de->d_name);
    }
    closedir(d);
    return rc;
}

int ck_set_delete(const char *job_dir, uint32_t number, struct ck_err *e)
{
    char dir[CK_PATH];
    int fd, rc;

    if (ck_jobdir_set(dir, sizeof(dir), job_dir, number))
        return ck_err(e, -ENAMETOOLONG, "%s: path too long", job_dir);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return ck_err_sys(e, -errno, "%s", dir);
    if (renameat(fd, CK_MANIFEST_NAME, fd, GONE_NAME)) {
        if (errno != ENOENT) {
            rc = ck_err_sys(e, -errno, "%s cannot be removed", dir);
            close(fd);
            return rc;
        }
    } else {
        /* Else a crash now could bring the manifest back, without files. */
        fsync(fd);
    }
    rc = empty_dir(fd, dir, e);
    close(fd);
    if (!rc && rmdir(dir) && errno != ENOENT)
        rc = ck_err_sys(e, -errno, "cannot remove %s", dir);
    return rc;
}

int ck_sets_prune(const char *job_dir, uint32_t keep, uint32_t over,
                  void (*gone)(void *arg, uint32_t number), void *arg,
                  struct ck_err *e)
{
    struct ck_sets s;
    uint32_t left = keep ? keep : 1, oldest = 0;
    int rc = ck_sets_scan(job_dir, &s, e), newest_seen = 0;

    /* From the newest down: one that is being written is newer than the
     * newest committed one. */
    for (size_t i = rc ? 0 : s.n; i-- > 0;) {
        if (s.v[i].committed && !newest_seen && s.v[i].number <= over)
            over = 0; /* there is nothing but sets of runs that are over */
        if (s.v[i].committed && left && s.v[i].number > over) {
            newest_seen = 1;
            oldest = s.v[i].number;
            left--;
            continue;
        }
        if (!s.v[i].committed && !newest_seen)
            continue;
        rc = ck_set_delete(job_dir, s.v[i].number, e);
        if (rc)
            break;
        if (gone)
            gone(arg, s.v[i].number);
    }
    if (!rc && oldest)
        ck_undo_prune(job_dir, oldest);
    ck_sets_free(&s);
    return rc;
}
