/*
 * path.c - a place in the file system that was opened with O_PATH, whatever
 * is there: file, symbolic link, FIFO, socket, device. It cannot be read or
 * written, so nothing but the place has to be the same. Directories are
 * dir.c's, files without a name file.c's.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BODY_FIELDS(F) F(STR, path) F(U32, mode)
CK_RECORD(path_body, BODY_FIELDS)
CK_RES_BODY(path_body, "a place (O_PATH)")

static int path_match(const struct ck_res_ofd *o)
{
    return o->flags & O_PATH && o->link[0] == '/' && o->st.st_nlink &&
           !S_ISDIR(o->st.st_mode) &&
           !faccessat(AT_FDCWD, o->link, F_OK, AT_SYMLINK_NOFOLLOW);
}

static int path_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                     struct ck_wr *w)
{
    struct path_body b = {.path = o->link, .mode = o->st.st_mode};

    (void)c;
    path_body_put(w, &b);
    return 0;
}

static int path_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct path_body b;
    struct stat st;
    int fd, rc = path_body_of(c, rec, &b);

    if (rc)
        return rc;
    /* A link that stands there by now is of another kind than what was. */
    fd = open(b.path, O_PATH | O_CLOEXEC | (int)(rec->flags & O_NOFOLLOW));
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno, "can't open %s: %s",
                          b.path, strerror(errno));
    if (!fstat(fd, &st) && (st.st_mode & S_IFMT) == (b.mode & S_IFMT))
        return fd;
    close(fd);
    return ck_res_why(c->why, c->whycap, -ESTALE,
                      "%s is another kind of file than at the checkpoint",
                      b.path);
}

static int path_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    int fd = path_load(c, rec);

    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

static void path_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct path_body b;

    snprintf(buf, cap, "%s, as a place",
             path_body_of(NULL, rec, &b) ? "?" : b.path);
}

const struct ck_res ck_res_path = {
    .name = "path",
    .lasting = 1,
    .match = path_match,
    .save = path_save,
    .check = path_check,
    .load = path_load,
    .describe = path_describe,
};
