/*
 * dir.c - an open directory: opened again by path, at the same place of its
 * list. One that was removed is empty for ever: another one is made and
 * removed in its place. The same is done for working directories, and what
 * was one directory is one again.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* gone: it was removed. attr: attr.c, of such a one. */
#define BODY_FIELDS(F)                                                      \
    F(STR, path) F(U64, dev) F(U64, ino) F(U64, pos) F(U8, gone)            \
    F(BLOB, locks) F(BLOB, attr)
CK_RECORD(dir_body, BODY_FIELDS)
CK_RES_BODY(dir_body, "a directory")

#define OPEN_FLAGS \
    (O_PATH | O_NOFOLLOW | O_NOATIME | O_NONBLOCK | O_DIRECTORY)

static int dir_match(const struct ck_res_ofd *o)
{
    return S_ISDIR(o->st.st_mode) && o->link[0] == '/';
}

static int dir_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                    struct ck_wr *w)
{
    struct dir_body b = {.path = o->link, .dev = o->st.st_dev,
                         .ino = o->st.st_ino, .pos = o->pos,
                         .gone = o->st.st_nlink == 0};
    int rc = ck_res_locks_save(c, o, &b.locks);

    if (b.gone)
        ck_res_attr_of(o, &b.attr);
    dir_body_put(w, &b);
    return rc;
}

/* ext4 makes its reading state at the first read, and takes the place of
 * that for the beginning: after a rewind it would go on from there. So the
 * first read is at the real beginning. */
static void go_to(int fd, off_t pos)
{
    char entries[4096];

    if (syscall(SYS_getdents64, fd, entries, sizeof(entries)) >= 0)
        lseek(fd, pos, SEEK_SET);
}

/* Opens the directory that was just made at path, and removes it. */
static int open_and_remove(const char *path)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -errno : fd;

    if (rmdir(path) < 0 && fd >= 0) {
        rc = -errno;
        close(fd);
    }
    return rc;
}

/*
 * Where it was, if that can be, under its name or another: its ".." still
 * leads there. Elsewhere its parent is a removed one, too.
 */
static int make_removed(const char *path, const char *job_dir)
{
    const char *slash = strrchr(path, '/');
    char temp[PATH_MAX + 32], inner[PATH_MAX + 40];
    int rc;

    if (mkdir(path, 0700) == 0)
        return open_and_remove(path);
    snprintf(temp, sizeof(temp), "%.*s/.ckpt.XXXXXX",
             slash ? (int)(slash - path) : 0, path);
    if (mkdtemp(temp))
        return open_and_remove(temp);
    snprintf(temp, sizeof(temp), "%s/.ckpt.XXXXXX", job_dir);
    if (!mkdtemp(temp))
        return -errno;
    snprintf(inner, sizeof(inner), "%s/d", temp);
    rc = mkdir(inner, 0700) < 0 ? -errno : open_and_remove(inner);
    rmdir(temp);
    return rc;
}

int ck_res_removed_dir(struct ck_res_load *c, const char *path, uint64_t dev,
                       uint64_t ino, struct ck_blob attr)
{
    int fresh, rc;
    struct ck_res_shared *s = ck_res_share(c, dev, ino, &fresh);

    if (!s)
        return -ENOMEM;
    if (fresh) {
        s->fd[0] = make_removed(path, c->job_dir);
        rc = s->fd[0] < 0 ? s->fd[0] : ck_res_attr_set(s->fd[0], attr);
        if (rc)
            return rc;
    }
    return s->fd[0] < 0 ? -EBADMSG : s->fd[0];
}

/* The path has the kernel's mark behind it. Its owner may have forbidden
 * himself to read it since. */
static int open_removed(struct ck_res_load *c, const struct dir_body *b,
                        int flags)
{
    size_t n = strlen(b->path), tail = sizeof(" (deleted)") - 1;
    char *path = strndup(b->path, n > tail ? n - tail : n);
    int at = path ? ck_res_removed_dir(c, path, b->dev, b->ino, b->attr)
                  : -ENOMEM;

    free(path);
    return at < 0 ? at : ck_res_reopen(at, (unsigned)flags);
}

static int dir_open(struct ck_res_load *c, const struct ck_ofd *rec,
                    struct dir_body *b)
{
    int flags = (int)(rec->flags & OPEN_FLAGS) | O_CLOEXEC;
    int fd, rc = dir_body_of(c, rec, b);
    struct stat st;

    if (rc)
        return rc;
    fd = b->gone ? open_removed(c, b, flags)
                 : open(b->path, flags);
    if (fd < 0 && !b->gone)
        fd = -errno;
    if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))) {
        close(fd);
        fd = -ENOTDIR;
    }
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, fd,
                          "can't open the directory %s: %s", b->path,
                          strerror(-fd));
    return fd;
}

/* A removed one can be made somewhere, and has no locks of others. */
static int dir_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct dir_body b;
    int rc = dir_body_of(c, rec, &b), fd;

    if (rc || b.gone)
        return rc;
    fd = dir_open(c, rec, &b);
    if (fd < 0)
        return fd;
    rc = ck_res_locks_check(c, b.locks, b.path, fd);
    close(fd);
    return rc;
}

static int dir_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct dir_body b;
    int rc, fd = dir_open(c, rec, &b);

    if (fd < 0)
        return fd;
    if (b.pos)
        go_to(fd, (off_t)b.pos);
    rc = ck_res_locks_load(c, b.locks, b.path, fd);
    if (rc)
        close(fd);
    return rc ? rc : fd;
}

static void dir_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct dir_body b;

    snprintf(buf, cap, "%s", dir_body_of(NULL, rec, &b) ? "?" : b.path);
}

const struct ck_res ck_res_dir = {
    .name = "dir",
    .lasting = 1,
    .match = dir_match,
    .save = dir_save,
    .check = dir_check,
    .load = dir_load,
    .describe = dir_describe,
};
