/*
 * file.c - a regular file: opened again by path, at the same offset.
 *
 * A file that the computation was writing goes back to its length at the
 * checkpoint (rollback.c); one that is shorter by now, missing, or another
 * file under the same name is refused by name before anything is changed.
 * A file without a name any more is saved with its contents and what else it
 * is like (attr.c, which comes last), and so is the
 * copy of a batch script that Slurm keeps for the time of a job. So is a file
 * in /dev/shm, which another node does not have: it goes back to its name.
 * What stood at standard input, output or error goes to the file that the
 * restart's surroundings have there, if they have one.
 * Locks come back (lock.c).
 */
#include "lib/image/mapped.h"
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BY_PATH = 0, WITH_CONTENTS = 1, IN_MEMORY = 2 };

/* size: at the checkpoint. how: enum above. locks: lock.c. attr: attr.c, of a
 * file that is made anew. */
#define BODY_FIELDS(F)                                                      \
    F(STR, path) F(U64, dev) F(U64, ino) F(U64, size) F(U64, mtime_ns)      \
    F(U64, pos) F(U32, mode) F(U8, how) F(BLOB, locks) F(BLOB, attr)
CK_RECORD(file_body, BODY_FIELDS)

static int ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), m = strlen(tail);

    return n >= m && !strcmp(s + n - m, tail);
}

/* Files made by the kernel: no inode to rely on, and no length. */
static int is_kernels(const char *path)
{
    return !strncmp(path, "/proc/", 6) || !strncmp(path, "/sys/", 5);
}

static int is_spooled_script(const struct ck_res_ofd *o)
{
    return (o->flags & O_ACCMODE) == O_RDONLY &&
           ends_with(o->link, "/slurm_script");
}

static int file_match(const struct ck_res_ofd *o)
{
    return S_ISREG(o->st.st_mode) && strncmp(o->link, "/memfd:", 7) &&
           o->link[0] == '/' && strcmp(o->link, CK_MAPPED_SECRET) != 0;
}

static uint64_t mtime_of(const struct stat *st)
{
    return (uint64_t)st->st_mtim.tv_sec * 1000000000u +
           (uint64_t)st->st_mtim.tv_nsec;
}

static int file_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                     struct ck_wr *w)
{
    struct file_body b = {
        .path = o->link,
        .dev = o->st.st_dev,
        .ino = o->st.st_ino,
        .size = (uint64_t)o->st.st_size,
        .mtime_ns = mtime_of(&o->st),
        .pos = o->pos,
        .mode = o->st.st_mode,
    };
    const struct ck_res_ofd *before = o > c->all ? o - 1 : NULL;
    int rc = ck_res_locks_save(c, o, &b.locks);
    char path[4200];

    c->outside = 1; /* the next run's output may go to another file */
    if (rc)
        return rc;
    if (o->st.st_nlink) {
        b.path = path;
        rc = ck_res_name_of(c, o, &o->st, path, sizeof(path));
    }
    if (rc)
        return ck_res_why(c->why, c->whycap, -ENOTSUP, CK_RES_NAME_LOST,
                          o->link);
    if (o->st.st_nlink == 0 || is_spooled_script(o) || ck_mapped_nfs_removed(o->link))
        b.how = WITH_CONTENTS;
    else if (ck_mapped_volatile(o->link))
        b.how = IN_MEMORY;
    if (b.how == WITH_CONTENTS)
        ck_res_attr_of(o, &b.attr);
    /* One file, several descriptions: its bytes once. */
    if (b.how != BY_PATH &&
        !(before && before->st.st_dev == o->st.st_dev &&
          before->st.st_ino == o->st.st_ino))
        rc = ck_res_contents_save(c, o);
    file_body_put(w, &b);
    return rc;
}

static int body_of(struct ck_res_load *c, const struct ck_ofd *rec,
                   struct file_body *b)
{
    struct ck_rd r;

    ck_rd_init(&r, rec->body.p, rec->body.n);
    if (!file_body_get(&r, b))
        return 0;
    return c ? ck_res_why(c->why, c->whycap, -EBADMSG,
                          "damaged description of a file")
             : -EBADMSG;
}

static int writes(const struct ck_ofd *rec)
{
    return (rec->flags & O_ACCMODE) != O_RDONLY && !(rec->flags & O_PATH);
}

/* The descriptor of the surroundings that takes the file's place, or -1. It
 * does so if it is a regular file other than the saved one: of another name,
 * made anew under the same name, or emptied by the redirection that opened
 * it. Only what goes on where the saved one ended is rolled back. */
static int stand_in(const struct ck_res_load *c, const struct ck_ofd *rec,
                    const struct file_body *b)
{
    struct stat there, here;

    for (size_t i = 0; i < c->ngiven; i++) {
        int fd = c->given[i].fd;

        if (!ck_res_given_has(rec, c->given[i].number) ||
            fstat(fd, &here) < 0 || !S_ISREG(here.st_mode))
            continue;
        if (stat(b->path, &there) == 0 && there.st_dev == here.st_dev &&
            there.st_ino == here.st_ino && here.st_ino == b->ino &&
            (uint64_t)here.st_size >= b->size)
            continue;
        return fd;
    }
    return -1;
}

/* What is the same for a file that is only read is enough: it may have been
 * copied here. A file that is written has to be the one itself. */
static int same_file(const struct ck_ofd *rec, const struct file_body *b,
                     const struct stat *st)
{
    if (st->st_ino == b->ino)
        return 1;
    return !writes(rec) && (uint64_t)st->st_size == b->size &&
           mtime_of(st) == b->mtime_ns;
}

/* Through a description of its own, which takes what is tried with it. */
static int check_locks(struct ck_res_load *c, const struct ck_ofd *rec,
                       const struct file_body *b)
{
    int fd, rc;

    if (!b->locks.n || c->beside) /* to open it would break a lease */
        return 0;
    fd = ck_res_open(b->path, rec->flags & O_ACCMODE);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, fd, "can't open %s: %s",
                          b->path, strerror(-fd));
    rc = ck_res_locks_check(c, b->locks, b->path, fd);
    close(fd);
    return rc;
}

static int file_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct file_body b;
    struct stat st;
    int mode, rc = body_of(c, rec, &b);

    if (rc || b.how == WITH_CONTENTS || stand_in(c, rec, &b) >= 0)
        return rc;
    if (b.how == IN_MEMORY)
        return ck_res_named_check(c, b.path);
    if (stat(b.path, &st) < 0)
        return ck_res_why(c->why, c->whycap, -errno,
                          "the file %s was open and is %s", b.path,
                          errno == ENOENT ? "missing now" : strerror(errno));
    if (!S_ISREG(st.st_mode))
        return ck_res_why(c->why, c->whycap, -EINVAL,
                          "%s is not a regular file any more", b.path);
    mode = (rec->flags & O_ACCMODE) == O_WRONLY ? W_OK
           : writes(rec)                        ? R_OK | W_OK
                                                : R_OK;
    rc = rec->flags & O_PATH ? 0 : ck_res_openable(b.path, mode);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc, "can't open %s: %s", b.path,
                          strerror(-rc));
    rc = check_locks(c, rec, &b);
    if (rc || is_kernels(b.path) || c->keep_files)
        return rc;
    if (!same_file(rec, &b, &st))
        return ck_res_why(c->why, c->whycap, -ESTALE,
                          "%s is another file than at the checkpoint; put the "
                          "old one back, or use --files=keep", b.path);
    if (writes(rec) && (uint64_t)st.st_size < b.size)
        return ck_res_why(c->why, c->whycap, -ESTALE,
                          "%s is shorter than at the checkpoint (%llu of %llu "
                          "bytes); put the old one back, or use --files=keep",
                          b.path, (unsigned long long)st.st_size,
                          (unsigned long long)b.size);
    return 0;
}

/* O_CREAT and the like were for the first opening. O_TMPFILE contains
 * O_DIRECTORY, which no regular file bears. */
static unsigned open_flags(unsigned flags)
{
    return flags & ~(unsigned)(O_CREAT | O_EXCL | O_TRUNC | O_TMPFILE |
                               O_CLOEXEC | O_NOCTTY);
}

static int open_contents(struct ck_res_load *c, const struct ck_ofd *rec,
                         const struct file_body *b)
{
    struct ck_res_shared *s;
    char dir[4096], *slash;
    int fresh;

    s = ck_res_share(c, b->dev, b->ino, &fresh);
    if (!s)
        return -ENOMEM;
    if (fresh && b->how == IN_MEMORY) {
        s->fd[0] = ck_res_named_load(c, rec->id, b->path, b->size, b->mode);
    } else if (fresh) {
        snprintf(dir, sizeof(dir), "%s", b->path);
        slash = strrchr(dir, '/');
        if (slash)
            slash[slash == dir] = '\0';
        s->fd[0] = ck_res_contents_load(c, rec->id, slash ? dir : NULL,
                                        b->size, b->mode | 0600);
        /* To map it is an access, too. */
        fcntl(s->fd[0], F_SETFL, O_NOATIME);
    }
    if (s->fd[0] < 0)
        return s->fd[0];
    return ck_res_reopen(s->fd[0], open_flags(rec->flags));
}

static int file_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct file_body b;
    int fd, there, rc = body_of(c, rec, &b);

    if (rc)
        return rc;
    there = stand_in(c, rec, &b);
    if (there >= 0 && b.how == BY_PATH) {
        fd = fcntl(there, F_DUPFD_CLOEXEC, 3);
        return fd < 0 ? -errno : fd;
    }
    fd = b.how == BY_PATH ? ck_res_open(b.path, open_flags(rec->flags))
                          : open_contents(c, rec, &b);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, fd, "can't open %s: %s", b.path,
                          strerror(-fd));
    if (rec->flags & O_PATH)
        return fd;
    if (b.how == BY_PATH && writes(rec) && !c->keep_files &&
        !is_kernels(b.path))
        rc = ck_res_rollback(c, fd, b.path, b.size);
    if (!rc && b.pos && lseek(fd, (off_t)b.pos, SEEK_SET) < 0)
        rc = -errno;
    if (!rc)
        rc = ck_res_locks_load(c, b.locks, b.path, fd);
    if (!rc)
        return fd;
    close(fd);
    return rc;
}

/* When nobody needs to open it again or to write into it. */
static int file_settle(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct file_body b;
    int rc = body_of(c, rec, &b);

    rc = rc ?: ck_res_attr_set(fd, b.attr);
    if (rc && !c->why[0])
        ck_res_why(c->why, c->whycap, rc, "can't give the file %s its mode and "
                   "times again: %s", b.path, strerror(-rc));
    return rc;
}

int ck_res_file_writes(const struct ck_ofd *rec, const char *path)
{
    struct file_body b;

    return !strcmp(rec->kind, "file") && writes(rec) &&
           !body_of(NULL, rec, &b) && b.how == BY_PATH &&
           !strcmp(b.path, path);
}

/* How many files of one name there are matters in memory only: there is one
 * for each node. */
static uint64_t file_claim(const struct ck_ofd *rec)
{
    struct file_body b;

    return body_of(NULL, rec, &b) || b.how == WITH_CONTENTS ||
                   (b.how == BY_PATH && !b.locks.n)
               ? 0 : ck_res_name_key(b.path);
}

static int file_clash(const struct ck_ofd *x, const struct ck_ofd *y)
{
    struct file_body a, b;

    if (body_of(NULL, x, &a) || body_of(NULL, y, &b) ||
        strcmp(a.path, b.path) != 0)
        return 0;
    if (a.how == IN_MEMORY && b.how == IN_MEMORY &&
        (a.ino != b.ino || a.dev != b.dev))
        return 1;
    return a.ino == b.ino && ck_res_locks_clash(a.locks, b.locks);
}

static void file_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    static const char *const modes[] = {"read", "write", "read and write",
                                        "?"};
    struct file_body b;
    struct ck_rd r;

    ck_rd_init(&r, rec->body.p, rec->body.n);
    if (file_body_get(&r, &b)) {
        snprintf(buf, cap, "?");
        return;
    }
    snprintf(buf, cap, "%s, %s%s, at %llu of %llu bytes%s", b.path,
             modes[rec->flags & O_ACCMODE],
             rec->flags & O_APPEND ? ", append" : "",
             (unsigned long long)b.pos, (unsigned long long)b.size,
             b.how == BY_PATH ? "" : ", saved with its contents");
}

const struct ck_res ck_res_file = {
    .name = "file",
    .lasting = 1,
    .bulk = 1,
    .match = file_match,
    .save = file_save,
    .check = file_check,
    .load = file_load,
    .settle = file_settle,
    .claim = file_claim,
    .clash = file_clash,
    .describe = file_describe,
};
