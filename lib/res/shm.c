/*
 * shm.c - memory that processes share: what they have mapped, whether or not
 * somebody has it open too.
 *
 * It stands in the image like an open file description that no descriptor
 * leads to. If one does lead to the same object, there is one object again:
 * a description with contents of its own (a removed file, a file in /dev/shm,
 * a memory file) has been loaded before and is shared by device and inode.
 *
 * A file that has a name gets back, in the parts that were mapped for
 * writing, the bytes that it had at the checkpoint, so that memory is what it
 * was; --files=keep leaves it alone. It must be the same file still; if it is
 * gone, and all of it was mapped, it is made again (a Java program has such a
 * file in /tmp, which another node does not have).
 */
#include "lib/image/mapped.h"
#include "lib/res/kind.h"
#include "lib/res/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { MEMORY = 0, NAMELESS = 1, NAMED = 2, IN_MEMORY = 3, OPEN = 4, READ = 5 };

/* dev, ino: as mappings name it. fdev, fino: as stat does. how: above.
 * whole: NAMED, and all of it is in the stream. */
#define BODY_FIELDS(F)                                                      \
    F(STR, path) F(U64, dev) F(U64, ino) F(U64, fdev) F(U64, fino)          \
    F(U64, size) F(U32, mode) F(U8, how) F(U8, whole)
CK_RECORD(shm_body, BODY_FIELDS)
CK_RES_BODY(shm_body, "shared memory")

static int shm_match(const struct ck_res_ofd *o)
{
    return o->nparts != 0;
}

/* A description of the same file. Some file systems have one device for
 * mappings and another one for stat. */
static const struct ck_res_ofd *open_of(const struct ck_res_save *c,
                                        const struct ck_res_ofd *o)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct ck_res_ofd *x = &c->all[i];

        if (x->st.st_ino == o->st.st_ino && S_ISREG(x->st.st_mode) &&
            (x->st.st_dev == o->st.st_dev || !strcmp(x->link, o->link)))
            return x;
    }
    return NULL;
}

static int is_memory(const char *link)
{
    return link[0] != '/' || ck_mapped_begins(link, "/memfd:") ||
           ck_mapped_begins(link, "/dev/zero") ||
           ck_mapped_begins(link, "/anon_hugepage");
}

static int is_written(const struct ck_res_ofd *o)
{
    for (size_t i = 0; i < o->nparts; i++) {
        if (o->part[i].writes)
            return 1;
    }
    return 0;
}

int ck_res_mapped_open(const struct ck_res_ofd *o)
{
    const struct ck_res_part *p = &o->part[0];
    unsigned long long start = p->addr, end = start + p->len;
    char path[128];

    snprintf(path, sizeof(path), "%s/map_files/%llx-%llx", p->base, start,
             end);
    return ck_res_open(path, O_RDONLY | O_NONBLOCK);
}

/* What stat says of the object's file; NULL: there is nobody to ask. */
static const struct stat *stat_of(const struct ck_res_ofd *o,
                                  const struct ck_res_ofd *open,
                                  struct stat *st)
{
    int fd = open ? -1 : ck_res_mapped_open(o), rc;

    if (fd < 0)
        return open ? &open->st : NULL;
    rc = fstat(fd, st);
    close(fd);
    return rc < 0 ? NULL : st;
}

/* How the object is saved, and its path if it has one. A removed file may
 * have another name, by which programs go on meeting in it. */
static int identify(struct ck_res_save *c, const struct ck_res_ofd *o,
                    const struct ck_res_ofd *open, char *path, size_t cap)
{
    struct stat mem;
    const struct stat *st = stat_of(o, open, &mem);
    int rc = -ENOENT;

    snprintf(path, cap, "%s", o->link);
    if (is_memory(o->link))
        return open ? OPEN : MEMORY;
    if (!ck_mapped_nfs_removed(o->link) && (!st || st->st_nlink))
        rc = ck_res_name_of(c, o, st, path, cap);
    if (rc && st && st->st_nlink && !ck_mapped_nfs_removed(o->link))
        return ck_res_why(c->why, c->whycap, -ENOTSUP, CK_RES_NAME_LOST,
                          o->link);
    if (rc)
        snprintf(path, cap, "%s", o->link);
    if (open && (rc || ck_mapped_volatile(path)))
        return OPEN;
    return rc                        ? NAMELESS
           : ck_mapped_volatile(path) ? IN_MEMORY
           : is_written(o)           ? NAMED
                                     : READ;
}

/* The part for writing that has pos, or the next one behind it. */
static const struct ck_res_part *part_at(const struct ck_res_ofd *o,
                                         uint64_t pos)
{
    const struct ck_res_part *best = NULL;

    for (size_t i = 0; i < o->nparts; i++) {
        const struct ck_res_part *p = &o->part[i];

        if (p->off + p->len <= pos || !p->writes)
            continue;
        if (!best || (p->off < best->off && best->off > pos))
            best = p;
    }
    return best;
}

/* What is mapped for writing of a file that has a name. */
static int save_named(struct ck_res_save *c, const struct ck_res_ofd *o,
                      char *buf, int fd, struct shm_body *b)
{
    const struct ck_res_part *p;
    uint64_t pos = 0;
    int rc = 0;

    b->whole = 1;
    while (!rc && (p = part_at(o, pos))) {
        uint64_t at = pos > p->off ? pos : p->off, left = p->off + p->len - at;
        size_t len = CK_RES_PIECE - at % CK_RES_PIECE;
        ssize_t n = pread(fd, buf, len < left ? len : (size_t)left, (off_t)at);

        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        rc = c->sink->write(c->sink, o->id, at, buf, (size_t)n);
        b->whole &= at == pos;
        pos = at + (uint64_t)n;
    }
    b->whole &= pos >= b->size;
    return rc;
}

static int save_file(struct ck_res_save *c, const struct ck_res_ofd *o,
                     char *buf, struct shm_body *b)
{
    int fd = ck_res_open(b->path, O_RDONLY | O_NONBLOCK), rc = 0;
    struct stat st = {0};

    if (fd < 0)
        rc = fd;
    else if (fstat(fd, &st) < 0)
        rc = -errno;
    else if (st.st_ino != o->st.st_ino || !S_ISREG(st.st_mode))
        rc = -ESTALE;
    if (!rc) {
        b->fdev = st.st_dev;
        b->fino = st.st_ino;
        b->size = (uint64_t)st.st_size;
        b->mode = st.st_mode;
        rc = b->how == NAMED       ? save_named(c, o, buf, fd, b)
             : b->how == IN_MEMORY ? ck_res_contents_of(c, o->id, fd, b->size)
                                   : 0;
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

static uint64_t pieces_of(const struct ck_res_ofd *o)
{
    uint64_t n = 0;

    for (size_t i = 0; i < o->nparts; i++)
        n += o->part[i].len / CK_RES_PIECE + 2;
    return n;
}

/* Of the file itself where that may be, holes left out; else of what the
 * processes see. */
static int save_nameless(struct ck_res_save *c, const struct ck_res_ofd *o,
                         struct shm_body *b)
{
    int fd = ck_res_mapped_open(o), rc;
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0) {
        b->size = (uint64_t)st.st_size;
        b->mode = st.st_mode;
        rc = ck_res_contents_of(c, o->id, fd, b->size);
    } else {
        rc = c->sink->open(c->sink, o->id, pieces_of(o));
        if (!rc)
            rc = ck_res_mapped_read(c, o, &b->size);
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

static int save_contents(struct ck_res_save *c, const struct ck_res_ofd *o,
                         struct shm_body *b)
{
    char *buf = malloc(CK_RES_PIECE);
    int rc = buf ? 0 : -ENOMEM;

    if (!rc && b->how == NAMED)
        rc = c->sink->open(c->sink, o->id, pieces_of(o));
    if (!rc)
        rc = b->how == MEMORY || b->how == NAMELESS ? save_nameless(c, o, b)
                                                    : save_file(c, o, buf, b);
    free(buf);
    return rc;
}

/* Nobody could map it for writing again. */
static int sealed(const struct ck_res_ofd *o, const struct ck_res_ofd *open_fd)
{
    int fd = open_fd ? ck_res_take(open_fd) : -1, seals;

    seals = fd < 0 ? 0 : fcntl(fd, F_GET_SEALS);
    if (fd >= 0)
        close(fd);
    if (seals <= 0 || !(seals & F_SEAL_FUTURE_WRITE))
        return 0;
    return is_written(o);
}

static int shm_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                    struct ck_wr *w)
{
    const struct ck_res_ofd *open = open_of(c, o);
    char path[4200];
    struct shm_body b = {
        .path = path,
        .dev = (uint64_t)major(o->st.st_dev) << 20 | minor(o->st.st_dev),
        .ino = o->st.st_ino,
        .fdev = open ? open->st.st_dev : o->st.st_dev,
        .fino = o->st.st_ino,
        .mode = 0600,
    };
    int rc = identify(c, o, open, path, sizeof(path));

    if (rc < 0)
        return rc;
    /* To read the file would break it, and who maps it at a restart does so by
     * a description of its own, beside which there is no lease. */
    if (open && ck_res_has_write_lease(open))
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "the file %s, which is mapped and has a lease for "
                          "writing (F_SETLEASE): both can't be had again; give "
                          "up one of them for the checkpoint", o->link);
    b.how = (uint8_t)rc;
    if (sealed(o, open))
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "the memory file %s, which is mapped for writing "
                          "and sealed against it: this can't be saved",
                          o->link);
    if (!strcmp(o->link, CK_MAPPED_SECRET))
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "secret memory (memfd_secret), which can't be read "
                          "from outside: it can't be saved");
    rc = b.how == OPEN ? 0 : save_contents(c, o, &b);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "shared memory %s, whose contents can't be saved: "
                          "%s", o->link, strerror(-rc));
    shm_body_put(w, &b);
    return 0;
}

static int check_named(struct ck_res_load *c, const struct shm_body *b)
{
    struct stat st;
    int rc;

    if (b->whole && access(b->path, F_OK) < 0 && errno == ENOENT)
        return 0;
    rc = stat(b->path, &st) < 0
             ? -errno
             : ck_res_openable(b->path, b->how == READ ? R_OK : R_OK | W_OK);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "the file %s was mapped, and now it can't be "
                          "opened: %s", b->path, strerror(-rc));
    if (!S_ISREG(st.st_mode) || (st.st_ino != b->fino && !c->keep_files))
        return ck_res_why(c->why, c->whycap, -ESTALE,
                          "%s, which was mapped, is another file than at the "
                          "checkpoint; put the old one back, or use "
                          "--files=keep", b->path);
    if ((uint64_t)st.st_size < b->size && !c->keep_files)
        return ck_res_why(c->why, c->whycap, -ESTALE,
                          "%s, which was mapped, is shorter than at the "
                          "checkpoint (%llu of %llu bytes); put the old one "
                          "back, or use --files=keep", b->path,
                          (unsigned long long)st.st_size,
                          (unsigned long long)b->size);
    return 0;
}

static int shm_check(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct shm_body b;
    int rc = shm_body_of(c, rec, &b);

    if (!rc && (b.how == NAMED || b.how == READ))
        rc = check_named(c, &b);
    else if (!rc && b.how == IN_MEMORY)
        rc = ck_res_named_check(c, b.path);
    return rc;
}

struct place {
    int fd;
    char *now;
};

/* What is the same already is not written: the file stays clean. */
static int put(void *arg, uint64_t off, const void *p, size_t n)
{
    const struct place *to = arg;

    if (n <= CK_RES_PIECE && pread(to->fd, to->now, n, (off_t)off) ==
        (ssize_t)n && !memcmp(to->now, p, n))
        return 0;
    while (n) {
        ssize_t k = pwrite(to->fd, p, n, (off_t)off);

        if (k < 0)
            return -errno;
        p = (const char *)p + k;
        off += (uint64_t)k;
        n -= (size_t)k;
    }
    return 0;
}

static int load_named(struct ck_res_load *c, uint32_t id,
                      const struct shm_body *b)
{
    struct place to = {ck_res_open(b->path, O_RDWR), NULL};
    int rc = 0;

    if (to.fd == -ENOENT && b->whole) {
        ck_res_make_dirs(b->path);
        return ck_res_named_load(c, id, b->path, b->size, b->mode);
    }
    if (to.fd < 0 || c->keep_files)
        return to.fd;
    to.now = malloc(CK_RES_PIECE);
    rc = to.now ? ck_res_rollback(c, to.fd, b->path, b->size) : -ENOMEM;
    if (!rc)
        rc = c->source->read(c->source, id, put, &to);
    free(to.now);
    if (!rc)
        return to.fd;
    close(to.fd);
    return rc;
}

/* One that nobody writes to may be another user's. */
static int load_read(const struct shm_body *b)
{
    int fd = ck_res_open(b->path, O_RDWR);

    return fd == -EACCES || fd == -EROFS || fd == -ETXTBSY
               ? ck_res_open(b->path, O_RDONLY)
               : fd;
}

static int load_memory(struct ck_res_load *c, uint32_t id,
                       const struct shm_body *b)
{
    struct place to = {-1, malloc(CK_RES_PIECE)};
    char name[250] = CK_MAPPED_ANON;
    int rc = to.now ? 0 : -ENOMEM;

    if (ck_mapped_begins(b->path, "/memfd:")) {
        snprintf(name, sizeof(name), "%s", b->path + 7);
        if (ck_mapped_deleted(name))
            name[strlen(name) - strlen(" (deleted)")] = '\0';
    }
    if (!rc)
        to.fd = memfd_create(name, MFD_CLOEXEC);
    if (!rc && (to.fd < 0 || ftruncate(to.fd, (off_t)b->size) < 0))
        rc = -errno;
    if (!rc)
        rc = c->source->read(c->source, id, put, &to);
    free(to.now);
    if (!rc)
        return to.fd;
    if (to.fd >= 0)
        close(to.fd);
    return rc;
}

/* In the directory where it was, if a file can be made there. Where that, or
 * the job directory, is no place to execute anything from, a memory file does:
 * a library that was replaced while it was mapped is such an object. */
static int load_nameless(struct ck_res_load *c, uint32_t id,
                         const struct shm_body *b)
{
    char dir[4200], *slash;
    struct statvfs fs;
    int fd;

    snprintf(dir, sizeof(dir), "%s", b->path);
    slash = strrchr(dir, '/');
    if (slash)
        slash[slash == dir] = '\0';
    fd = ck_res_contents_load(c, id, slash ? dir : NULL, b->size, b->mode);
    if (fd < 0 || fstatvfs(fd, &fs) < 0 || !(fs.f_flag & ST_NOEXEC))
        return fd;
    close(fd);
    return load_memory(c, id, b);
}

/* The description itself: to open it once more would make it count as open
 * for writing, and keep anybody from executing it (memfd.c). */
static int load_open(struct ck_res_load *c, const struct shm_body *b)
{
    int fresh, fd;
    struct ck_res_shared *s = ck_res_share(c, b->fdev, b->fino, &fresh);

    if (!s)
        return -ENOMEM;
    fd = s->fd[0] < 0 ? -1 : fcntl(s->fd[0], F_DUPFD_CLOEXEC, 3);
    return s->fd[0] < 0 ? -EBADMSG : fd < 0 ? -errno : fd;
}

static int shm_load(struct ck_res_load *c, const struct ck_ofd *rec)
{
    struct shm_body b;
    int fd, rc = shm_body_of(c, rec, &b);

    if (rc)
        return rc;
    switch (b.how) {
    case MEMORY:
        fd = load_memory(c, rec->id, &b);
        break;
    case NAMELESS:
        fd = load_nameless(c, rec->id, &b);
        break;
    case NAMED:
        fd = load_named(c, rec->id, &b);
        break;
    case READ:
        fd = load_read(&b);
        break;
    case IN_MEMORY:
        fd = ck_res_named_load(c, rec->id, b.path, b.size, b.mode);
        break;
    default:
        fd = load_open(c, &b);
    }
    if (fd < 0 && !c->why[0])
        return ck_res_why(c->why, c->whycap, fd,
                          "can't make the shared memory %s of %llu bytes: %s",
                          b.path, (unsigned long long)b.size, strerror(-fd));
    return fd;
}

static void shm_describe(const struct ck_ofd *rec, char *buf, size_t cap)
{
    struct shm_body b;

    if (shm_body_of(NULL, rec, &b))
        snprintf(buf, cap, "?");
    else
        snprintf(buf, cap, "%s, %llu bytes", b.path,
                 (unsigned long long)b.size);
}

int ck_res_mapped(const struct ck_ofd *rec, uint64_t *dev, uint64_t *ino)
{
    struct shm_body b;

    if (strcmp(rec->kind, "shm") || shm_body_of(NULL, rec, &b))
        return -1;
    *dev = b.dev;
    *ino = b.ino;
    return 0;
}

static uint64_t shm_claim(const struct ck_ofd *rec)
{
    struct shm_body b;

    return shm_body_of(NULL, rec, &b) || b.how != IN_MEMORY
               ? 0 : ck_res_name_key(b.path);
}

/* One file has the same contents in both images. */
static int shm_clash(const struct ck_ofd *x, const struct ck_ofd *y)
{
    struct shm_body a, b;

    return !shm_body_of(NULL, x, &a) && !shm_body_of(NULL, y, &b) &&
           !strcmp(a.path, b.path) && (a.fino != b.fino || a.fdev != b.fdev);
}

const struct ck_res ck_res_shm = {
    .name = "shm",
    .lasting = 1,
    .bulk = 1,
    .match = shm_match,
    .save = shm_save,
    .check = shm_check,
    .load = shm_load,
    .claim = shm_claim,
    .clash = shm_clash,
    .describe = shm_describe,
};
