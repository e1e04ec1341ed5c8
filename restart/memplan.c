/*
 * memplan.c - makes the plan and writes it into the memfd that all processes
 * of the restart inherit (restart/ops.h).
 */
#include "restart/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "restart/ops.h"

/* How long one actor waits for another. Reading of images is not in it. */
#define LIMIT_MS 60000

#define HEAD_MAX 16384

/* Threads that read one image: more than two gain little, and the processes
 * of a tree read at the same time anyway. */
static unsigned readers(const struct ck_spawn *s)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (cpus < 1)
        cpus = 1;
    cpus /= (long)s->tree.img.nproc;
    return cpus < 2 ? 2 : cpus > 8 ? 8 : (unsigned)cpus;
}

static int make(struct ck_spawn *s)
{
    int *keep = calloc(s->nshm + 2, sizeof(int)), rc;
    struct ck_plan_facts f = {
        .src = s->src,
        .given = s->given,
        .ngiven = s->ngiven,
        .keep = keep,
        .nkeep = 1,
        .inside = s->inside,
        .ninside = s->ninside,
        .readers = readers(s),
        .nofile = s->nofile.rlim_cur,
        .set_dir = s->opts->set_dir,
        .env = s->env,
    };

    if (!keep)
        return -ENOMEM;
    keep[0] = s->coord_no;
    for (size_t i = 0; i < s->nshm; i++) {
        if (s->shm[i].dev != CK_PLAN_SYSV)
            keep[f.nkeep++] = s->shm[i].fd;
    }
    rc = ck_plan_make(&s->plan, &s->tree.img, &f, s->why, s->whycap);
    free(keep);
    return rc;
}

/* The actors' records behind each other, their places in *where. */
static int encode_actors(struct ck_spawn *s, struct ck_wr *w, size_t base,
                         struct ck_wr *where)
{
    for (size_t i = 0; i < s->plan.nactor; i++) {
        const struct ck_actor *a = &s->plan.actor[i];
        struct ck_plan_actor r = {
            .vpid = a->vpid,
            .exe = a->exec ? s->tree.img.proc[a->proc].exe : "",
            .ops = {a->ops, (uint32_t)a->nops},
        };
        size_t from = w->len;

        ck_plan_actor_put(w, &r);
        ck_put_uint(where, base + from, 4);
        ck_put_uint(where, w->len - from, 4);
    }
    return w->bad || where->bad ? -ENOMEM : 0;
}

static int encode(struct ck_spawn *s, size_t room, uint8_t *mem, size_t *len)
{
    size_t n = s->plan.nactor, tables = n * 8 + s->nshm * 20;
    uint8_t *where = malloc(n * 8 + 1), *shm = malloc(s->nshm * 20 + 1);
    size_t base = 4 + HEAD_MAX + tables;
    struct ck_wr w, ww, ws;
    struct ck_plan_head h = {
        .magic = CK_PLAN_MAGIC,
        .version = CK_PLAN_VERSION,
        .generation = s->opts->generation,
        .limit_ms = LIMIT_MS,
        .plan_fd = (uint32_t)s->plan_fd,
        .table_fd = (uint32_t)s->table_fd,
        .coord_no = (uint32_t)s->coord_no,
        .image_no = (uint32_t)s->image_no,
        .words = s->plan.words + 1,
        .job_dir = s->opts->job_dir,
        .set_dir = s->opts->set_dir,
        .pidtable = s->table_path,
        .tree = s->opts->tree,
        .stdio = s->stdio_ids,
        .node = s->opts->node,
        .restorer = s->opts->restorer,
    };
    int rc = where && shm ? 0 : -ENOMEM;

    ck_wr_init(&w, mem + base, room - base);
    ck_wr_init(&ww, where, n * 8);
    ck_wr_init(&ws, shm, s->nshm * 20);
    if (!rc)
        rc = encode_actors(s, &w, base, &ww);
    for (size_t i = 0; !rc && i < s->nshm; i++) {
        ck_put_uint(&ws, s->shm[i].dev, 8);
        ck_put_uint(&ws, s->shm[i].ino, 8);
        ck_put_uint(&ws, (uint32_t)s->shm[i].fd, 4);
    }
    h.words_off = (uint32_t)((base + w.len + 63) / 64 * 64);
    h.size = h.words_off + h.words * 4;
    h.actors = (struct ck_blob){where, (uint32_t)ww.len};
    h.shm = (struct ck_blob){shm, (uint32_t)ws.len};
    ck_wr_init(&w, mem + 4, base - 4);
    ck_plan_head_put(&w, &h);
    *len = h.size;
    if (!rc && w.bad)
        rc = -ENAMETOOLONG;
    ck_wr_init(&ws, mem, 4);
    ck_put_uint(&ws, w.len, 4);
    free(where);
    free(shm);
    return rc;
}

static int write_all(int fd, const uint8_t *p, size_t n)
{
    while (n) {
        ssize_t k = write(fd, p, n);

        if (k < 0)
            return -errno;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

int ck_spawn_plan(struct ck_spawn *s)
{
    size_t room = 4 + HEAD_MAX + s->nshm * 20 + 4096, len = 0;
    uint8_t *mem;
    int fd = memfd_create("ckpt-plan", 0), rc;

    if (fd < 0)
        return -errno;
    s->plan_fd = ck_spawn_high(s, fd);
    if (s->plan_fd < 0)
        return s->plan_fd;
    /* Taken until the table has its number, so that it gets another one. */
    s->coord_no = ck_spawn_free_number(s, s->plan_fd);
    s->image_no = ck_spawn_free_number(s, s->coord_no + 1);
    if (dup2(s->plan_fd, s->coord_no) < 0 || dup2(s->plan_fd, s->image_no) < 0)
        return -errno;
    rc = make(s);
    if (!rc)
        rc = ck_spawn_table(s);
    close(s->coord_no);
    close(s->image_no);
    for (size_t i = 0; !rc && i < s->plan.nactor; i++)
        room += s->plan.actor[i].nops + 8 + 64 + 4096;
    room += (s->plan.words + 1) * 4 + 64;
    mem = rc ? NULL : calloc(1, room);
    if (!rc && !mem)
        rc = -ENOMEM;
    if (!rc)
        rc = encode(s, room, mem, &len);
    if (!rc)
        rc = write_all(s->plan_fd, mem, len);
    free(mem);
    return rc;
}
