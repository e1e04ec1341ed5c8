/*
 * dir.c - an open directory: opened again by path, at the same place of its
 * list.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BODY_FIELDS(F) F(STR, path) F(U64, pos)
CK_RECORD(dir_body, BODY_FIELDS)

static int dir_match(const struct ck_res_ofd *o)
{
    return S_ISDIR(o->st.st_mode) && o->st.st_nlink > 0 && o->link[0] == '/';
}

static int dir_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                    struct ck_wr *w)
{
    struct dir_body b = {.path = o->link, .pos = o->pos};

    (void)c;
    dir_body_put(w, &b);
    return 0;
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

static int dir_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct dir_body b;
    struct ck_rd r;
    int fd;

    ck_rd_init(&r, rec->body.p, rec->body.n);
    if (dir_body_get(&r, &b))
        return ck_res_why(c->why, c->whycap, -EBADMSG,
                          "damaged description of a directory");
    fd = open(b.path, (int)(rec->flags & (O_PATH | O_NOFOLLOW)) |
                          O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "can't open the directory %s: %s", b.path,
                          strerror(errno));
    if (b.pos)
        go_to(fd, (off_t)b.pos);
    return fd;
}

static int dir_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int fd = dir_load(c, rec);

    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

static void dir_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct dir_body b;
    struct ck_rd r;

    ck_rd_init(&r, rec->body.p, rec->body.n);
    snprintf(buf, cap, "%s", dir_body_get(&r, &b) ? "?" : b.path);
}

const struct ck_res ck_res_dir = {
    .name = "dir",
    .match = dir_match,
    .save = dir_save,
    .check = dir_check,
    .load = dir_load,
    .describe = dir_describe,
};
