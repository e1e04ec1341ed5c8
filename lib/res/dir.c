/*
 * dir.c - an open directory: opened again by path, at the same place of its
 * list. One that was removed is empty for ever: another one is made and
 * removed in its place.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* gone: it was removed. */
#define BODY_FIELDS(F) F(STR, path) F(U64, pos) F(U8, gone) F(BLOB, locks)
CK_RECORD(dir_body, BODY_FIELDS)
CK_RES_BODY(dir_body, "a directory")

#define OPEN_FLAGS (O_PATH | O_NOFOLLOW | O_NOATIME | O_NONBLOCK)

static int dir_match(const struct ck_res_ofd *o)
{
    return S_ISDIR(o->st.st_mode) && o->link[0] == '/';
}

static int dir_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                    struct ck_wr *w)
{
    struct dir_body b = {.path = o->link, .pos = o->pos,
                         .gone = o->st.st_nlink == 0};
    int rc = ck_res_locks_save(c, o, &b.locks);

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

static int open_removed(struct ck_res_load *c, int flags)
{
    char path[4200];
    int fd, err;

    snprintf(path, sizeof(path), "%s/.ckpt.XXXXXX", c->job_dir);
    if (!mkdtemp(path))
        return -1;
    fd = open(path, flags);
    err = errno;
    rmdir(path);
    errno = err;
    return fd;
}

static int dir_open(struct ck_res_load *c, const struct ck_ofd *rec,
                    struct dir_body *b)
{
    int flags = (int)(rec->flags & OPEN_FLAGS) | O_DIRECTORY | O_CLOEXEC;
    int fd, rc = dir_body_of(c, rec, b);

    if (rc)
        return rc;
    fd = b->gone ? open_removed(c, flags) : open(b->path, flags);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "can't open the directory %s: %s", b->path,
                          strerror(errno));
    return fd;
}

static int dir_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct dir_body b;
    int rc, fd = dir_open(c, rec, &b);

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
    .match = dir_match,
    .save = dir_save,
    .check = dir_check,
    .load = dir_load,
    .describe = dir_describe,
};
