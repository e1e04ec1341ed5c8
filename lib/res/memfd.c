/*
 * memfd.c - a memory file: its name, bytes, mode and seals, and where each
 * description stands in it.
 *
 * Its bytes are saved once, under the first of its descriptions; what maps it
 * finds the object by device and inode (share.c). Mode, times and seals come
 * last, when nobody needs to open it or to write into it any more.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#define HUGETLBFS 0x958458f6
#define WITH_EXEC 0x0010u /* MFD_EXEC, Linux 6.3 */
#define PREFIX "/memfd:"
#define DELETED " (deleted)"
#define KEEP_FLAGS \
    (O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_NOATIME | O_PATH)

#define BODY_FIELDS(F)                                                      \
    F(STR, name) F(U64, dev) F(U64, ino) F(U64, size) F(U64, pos)           \
    F(U32, mode) F(U32, seals) F(BLOB, locks) F(BLOB, attr)
CK_RECORD(memfd_body, BODY_FIELDS)
CK_RES_BODY(memfd_body, "a memory file")

static int memfd_match(const struct ck_res_ofd *o)
{
    return S_ISREG(o->st.st_mode) && !strncmp(o->link, PREFIX, strlen(PREFIX));
}

static int is_first(const struct ck_res_save *c, const struct ck_res_ofd *o)
{
    return o == c->all || o[-1].st.st_dev != o->st.st_dev ||
           o[-1].st.st_ino != o->st.st_ino;
}

static int read_seals(const struct ck_res_ofd *o, uint32_t *seals)
{
    char path[64];
    struct statfs fs;
    int fd, rc = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->tid, o->fd);
    fd = ck_res_open(path, O_RDONLY);
    if (fd < 0)
        return fd;
    if (!fstatfs(fd, &fs) && (unsigned)fs.f_type == HUGETLBFS)
        rc = -EMEDIUMTYPE;
    else
        *seals = (uint32_t)(rc = fcntl(fd, F_GET_SEALS));
    if (rc < 0 && rc != -EMEDIUMTYPE)
        rc = -errno;
    close(fd);
    return rc < 0 ? rc : 0;
}

static int memfd_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                      struct ck_wr *w)
{
    size_t len = strlen(o->link) - strlen(PREFIX);
    char name[256];
    struct memfd_body b = {
        .name = name,
        .dev = o->st.st_dev,
        .ino = o->st.st_ino,
        .size = (uint64_t)o->st.st_size,
        .pos = o->pos,
        .mode = o->st.st_mode & 07777,
    };
    int rc = read_seals(o, &b.seals);

    if (rc == -EMEDIUMTYPE)
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "the memory file %s of huge pages, which can't be "
                          "saved; use one without MFD_HUGETLB", o->link);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "the memory file %s, which can't be looked at: %s",
                          o->link, strerror(-rc));
    if (len > strlen(DELETED) &&
        !strcmp(o->link + strlen(o->link) - strlen(DELETED), DELETED))
        len -= strlen(DELETED);
    snprintf(name, sizeof(name), "%.*s", (int)len, o->link + strlen(PREFIX));
    rc = ck_res_locks_save(c, o, &b.locks);
    ck_res_attr_of(o, &b.attr);
    if (!rc && is_first(c, o))
        rc = ck_res_contents_save(c, o);
    memfd_body_put(w, &b);
    return rc;
}

/* A node may forbid memory files that can be executed (vm.memfd_noexec). */
static int make(const struct memfd_body *b)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create(b->name, flags | (b->mode & 0111 ? WITH_EXEC : 0));

    if (fd < 0 && errno == EINVAL)
        fd = memfd_create(b->name, flags);
    return fd < 0 ? -errno : fd;
}

static int memfd_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct memfd_body b;
    int fd, rc = memfd_body_of(c, rec, &b);

    if (rc)
        return rc;
    fd = make(&b);
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0
                   : ck_res_why(c->why, c->whycap, fd,
                                "can't make the memory file %s: %s%s", b.name,
                                strerror(-fd),
                                fd == -EACCES ? " (vm.memfd_noexec)" : "");
}

/* The description that memfd_create() gave does not count as open for writing:
 * the file can be executed while it lives. So the first that may be it is, and
 * only others are opened anew. fd[1] says that it is given away. */
static int describe_again(struct ck_res_shared *s, unsigned flags)
{
    static const unsigned may = O_ACCMODE | O_APPEND | O_NONBLOCK | O_NOATIME |
                                O_LARGEFILE;
    int fd;

    if (s->fd[1] >= 0 || (flags & ~may) || (flags & O_ACCMODE) != O_RDWR)
        return ck_res_reopen(s->fd[0], flags);
    if (fcntl(s->fd[0], F_SETFL, flags) < 0)
        return -errno;
    s->fd[1] = fcntl(s->fd[0], F_DUPFD_CLOEXEC, 3);
    fd = s->fd[1] < 0 ? -1 : fcntl(s->fd[0], F_DUPFD_CLOEXEC, 3);
    return fd < 0 ? -errno : fd;
}

static int memfd_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct ck_res_shared *s;
    struct memfd_body b;
    int fresh, fd, rc = memfd_body_of(c, rec, &b);

    if (rc)
        return rc;
    s = ck_res_share(c, b.dev, b.ino, &fresh);
    if (!s)
        return -ENOMEM;
    if (fresh) {
        s->fd[0] = make(&b);
        rc = s->fd[0] < 0 ? s->fd[0]
                          : ck_res_contents_fill(c, rec->id, s->fd[0], b.size);
    }
    fd = rc ? rc : describe_again(s, rec->flags & KEEP_FLAGS);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, fd,
                          "can't make the memory file %s of %llu bytes: %s",
                          b.name, (unsigned long long)b.size, strerror(-fd));
    if (rec->flags & O_PATH)
        return fd;
    if (b.pos && lseek(fd, (off_t)b.pos, SEEK_SET) < 0)
        rc = -errno;
    if (!rc)
        rc = ck_res_locks_load(c, b.locks, b.name, fd);
    if (!rc)
        return fd;
    close(fd);
    return rc;
}

static int finish(int fd, const struct memfd_body *b)
{
    int seals = fcntl(fd, F_GET_SEALS), rc;

    if (seals < 0)
        return -errno;
    rc = ck_res_attr_set(fd, b->attr);
    if (rc)
        return rc;
    if (seals != (int)b->seals &&
        fcntl(fd, F_ADD_SEALS, b->seals & ~(unsigned)seals) < 0)
        return -errno;
    return 0;
}

/* Done for each of its descriptions; once is enough. */
static int memfd_settle(struct ck_res_load *c, const struct ck_ofd *rec, int fd)
{
    struct ck_res_shared *s;
    struct memfd_body b;
    int fresh, rc = memfd_body_of(c, rec, &b);

    (void)fd;
    if (rc)
        return rc;
    s = ck_res_share(c, b.dev, b.ino, &fresh);
    rc = !s || s->fd[0] < 0 ? -EBADMSG : finish(s->fd[0], &b);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "can't seal the memory file %s: %s", b.name,
                          strerror(-rc));
    return 0;
}

static void memfd_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct memfd_body b;

    if (memfd_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else
        snprintf(buf, cap, "memory file %s, at %llu of %llu bytes%s", b.name,
                 (unsigned long long)b.pos, (unsigned long long)b.size,
                 b.seals & ~(unsigned)F_SEAL_SEAL ? ", sealed" : "");
}

const struct ck_res ck_res_memfd = {
    .name = "memfd",
    .inner = 1,
    .bulk = 1,
    .match = memfd_match,
    .save = memfd_save,
    .check = memfd_check,
    .load = memfd_load,
    .settle = memfd_settle,
    .describe = memfd_describe,
};
