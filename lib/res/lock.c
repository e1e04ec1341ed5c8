/*
 * lock.c - locks on the file behind a description.
 *
 * flock and OFD locks belong to the description: they are taken again when
 * it is loaded. Record locks and leases belong to a process, which takes
 * them again itself (runtime/task/locks.c): here is only tried whether the
 * former can be had, while nothing has been changed yet.
 */
#include "lib/res/kind.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

enum { FLOCK = 0, OFD = 1, PROCESS = 2 };

/* type: F_RDLCK or F_WRLCK. len 0: to the end, however far that is. */
#define LOCK_FIELDS(F) F(U8, owner) F(U8, type) F(U64, start) F(U64, len)
CK_RECORD(lock, LOCK_FIELDS)
#define LOCK_SIZE 18
#define LOCKS_MAX 1000

/* "1: POSIX  ADVISORY  WRITE 123 00:2d:45 0 EOF": 1, or 0 for what the
 * description has no part in. */
static int parse(struct ck_res_save *c, const struct ck_res_ofd *o,
                 const char *line, struct lock *l)
{
    char how[16] = "", state[16] = "", type[16] = "", end[32] = "";
    unsigned long long start = 0;
    int pid = 0;

    if (sscanf(line, "%*d: %15s %15s %15s %d %*s %llu %31s", how, state, type,
               &pid, &start, end) != 6)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "%s with a lock that can't be understood (%.60s)",
                          o->link, line);
    if (!strcmp(how, "LEASE") && strcmp(state, "ACTIVE"))
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "%s with a lease that is being broken", o->link);
    if (!strcmp(how, "LEASE") && !c->virt(c, pid))
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "%s with a lease that process %d took, which is "
                          "none of the computation's", o->link, pid);
    if (!strcmp(how, "LEASE"))
        return 0;
    *l = (struct lock){
        .owner = !strcmp(how, "FLOCK") ? FLOCK
                 : !strcmp(how, "OFDLCK") ? OFD
                                          : PROCESS,
        .type = !strcmp(type, "WRITE") ? F_WRLCK : F_RDLCK,
        .start = start,
    };
    if (strcmp(end, "EOF"))
        l->len = strtoull(end, NULL, 10) - start + 1;
    return 1;
}

int ck_res_locks_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                      struct ck_blob *out)
{
    static uint8_t buf[LOCKS_MAX * LOCK_SIZE];
    const char *p = o->lock;
    struct ck_wr w;

    ck_wr_init(&w, buf, sizeof(buf));
    for (; *p; p += strcspn(p, "\n"), p += *p == '\n') {
        struct lock l = {0};
        int rc = parse(c, o, p, &l);

        if (rc < 0)
            return rc;
        if (rc)
            lock_put(&w, &l);
    }
    if (w.bad)
        return ck_res_why(c->why, c->whycap, -E2BIG,
                          "%s with more than %d locks on it", o->link,
                          LOCKS_MAX);
    *out = (struct ck_blob){buf, (uint32_t)w.len};
    return 0;
}

static int next(struct ck_blob locks, uint32_t i, struct lock *l)
{
    struct ck_rd r;

    if ((i + 1) * LOCK_SIZE > locks.n)
        return 0;
    ck_rd_init(&r, (const uint8_t *)locks.p + i * LOCK_SIZE, LOCK_SIZE);
    return !lock_get(&r, l);
}

static int has_gone(struct ck_res_load *c, const char *path)
{
    return ck_res_why(c->why, c->whycap, -EAGAIN,
                      "%s was locked, and now somebody else has a lock there; "
                      "wait until it is released", path);
}

/* fd is a description of its own, so that what is tried goes with it. */
int ck_res_locks_check(struct ck_res_load *c, struct ck_blob locks,
                       const char *path, int fd)
{
    struct lock l;

    if (locks.n % LOCK_SIZE)
        return ck_res_why(c->why, c->whycap, -EBADMSG,
                          "damaged list of the locks on %s", path);
    if (c->beside) /* the program has them, or wants them now */
        return 0;
    for (uint32_t i = 0; next(locks, i, &l); i++) {
        struct flock f = {.l_type = l.type, .l_start = (off_t)l.start,
                          .l_len = (off_t)l.len};

        if (l.owner == FLOCK) {
            if (flock(fd, (l.type == F_WRLCK ? LOCK_EX : LOCK_SH) |
                              LOCK_NB) < 0)
                return has_gone(c, path);
            flock(fd, LOCK_UN);
        } else if (!fcntl(fd, F_OFD_GETLK, &f) && f.l_type != F_UNLCK) {
            return has_gone(c, path);
        }
    }
    return 0;
}

static uint64_t end_of(const struct lock *l)
{
    return l->len ? l->start + l->len : UINT64_MAX;
}

static int is_between(const struct lock *a, const struct lock *b)
{
    if ((a->owner == FLOCK) != (b->owner == FLOCK))
        return 0;
    return a->owner == FLOCK ||
           (a->start < end_of(b) && b->start < end_of(a));
}

int ck_res_locks_clash(struct ck_blob a, struct ck_blob b)
{
    struct lock x, y;

    for (uint32_t i = 0; next(a, i, &x); i++) {
        for (uint32_t k = 0; next(b, k, &y); k++) {
            if ((x.type == F_WRLCK || y.type == F_WRLCK) &&
                is_between(&x, &y))
                return 1;
        }
    }
    return 0;
}

int ck_res_locks_load(struct ck_res_load *c, struct ck_blob locks,
                      const char *path, int fd)
{
    struct lock l;

    for (uint32_t i = 0; next(locks, i, &l); i++) {
        struct flock f = {.l_type = l.type, .l_start = (off_t)l.start,
                          .l_len = (off_t)l.len};
        int rc = 0;

        if (l.owner == FLOCK)
            rc = flock(fd, (l.type == F_WRLCK ? LOCK_EX : LOCK_SH) | LOCK_NB);
        else if (l.owner == OFD)
            rc = fcntl(fd, F_OFD_SETLK, &f);
        if (rc < 0 && (errno == EAGAIN || errno == EACCES))
            return has_gone(c, path);
        if (rc < 0)
            return ck_res_why(c->why, c->whycap, -errno,
                              "can't lock %s again: %s", path,
                              strerror(errno));
    }
    return 0;
}
