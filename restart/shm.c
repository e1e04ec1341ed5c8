/*
 * shm.c - shared anonymous memory of relatives: made anew as a memory file,
 * filled from its images, and inherited by those that map it.
 *
 * Which objects there are is said by the areas of the process images; what
 * was in them by shm.*.img in the set. Without an image it was all zero.
 */
#include "restart/parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct ck_spawn_shm *find(struct ck_spawn *s, uint64_t dev,
                                 uint64_t ino)
{
    for (size_t i = 0; i < s->nshm; i++) {
        if (s->shm[i].dev == dev && s->shm[i].ino == ino)
            return &s->shm[i];
    }
    return NULL;
}

static int note(struct ck_spawn *s, const struct ck_area *a)
{
    struct ck_spawn_shm *o = find(s, a->dev, a->ino);
    uint64_t len = a->pgoff + (a->end - a->start);

    if (a->end < a->start || len < a->pgoff)
        return -EBADMSG;
    if (!o) {
        o = realloc(s->shm, (s->nshm + 1) * sizeof(*o));
        if (!o)
            return -ENOMEM;
        s->shm = o;
        o = &s->shm[s->nshm++];
        *o = (struct ck_spawn_shm){a->dev, a->ino, 0, -1};
    }
    if (len > o->len)
        o->len = len;
    return 0;
}

static int note_areas(struct ck_spawn *s, const struct ck_proc *p)
{
    struct ck_rd at, body;
    struct ck_area a;
    struct ck_imgr r;
    char path[1400];
    uint16_t tag;
    void *index;
    int fd, rc;

    snprintf(path, sizeof(path), "%s/%s", s->opts->set_dir, p->image);
    fd = ck_restart_open_image(path, &r, &index, s->why, s->whycap);
    if (fd < 0)
        return fd;
    ck_imgr_records(&r, &at);
    while ((rc = ck_imgr_next(&at, &tag, &body)) > 0) {
        if (tag != CK_TAG_AREA)
            continue;
        rc = ck_area_get(&body, &a);
        if (!rc && a.kind == CK_AREA_SHM)
            rc = note(s, &a);
        if (rc)
            break;
    }
    close(fd);
    free(index);
    return rc;
}

static int make_all(struct ck_spawn *s)
{
    for (size_t i = 0; i < s->nshm; i++) {
        int fd = memfd_create("ckpt-shm", 0);

        if (fd < 0 || ftruncate(fd, (off_t)s->shm[i].len) < 0)
            return ck_res_why(s->why, s->whycap, -errno,
                              "can't make shared memory of %llu bytes: %s",
                              (unsigned long long)s->shm[i].len,
                              strerror(errno));
        fd = ck_spawn_high(s, fd);
        if (fd < 0)
            return fd;
        s->shm[i].fd = fd;
    }
    return 0;
}

static int put(void *arg, uint64_t off, const void *p, size_t n)
{
    const struct ck_spawn_shm *o = arg;
    const char *q = p;

    if (off > o->len || n > o->len - off)
        return -EBADMSG;
    while (n) {
        ssize_t k = pwrite(o->fd, q, n, (off_t)off);

        if (k < 0)
            return -errno;
        q += k;
        off += (uint64_t)k;
        n -= (size_t)k;
    }
    return 0;
}

/* One shm.*.img, if it is of an object of this tree. */
static int fill(struct ck_spawn *s, const char *name)
{
    struct ck_spawn_shm *o = NULL;
    struct ck_shm rec;
    struct ck_rd at, body;
    struct ck_imgr r;
    char path[1400];
    void *index;
    uint16_t tag;
    int fd, rc;

    snprintf(path, sizeof(path), "%s/%s", s->opts->set_dir, name);
    fd = ck_restart_open_image(path, &r, &index, s->why, s->whycap);
    if (fd < 0)
        return fd;
    ck_imgr_records(&r, &at);
    while ((rc = ck_imgr_next(&at, &tag, &body)) > 0) {
        if (tag == CK_TAG_SHM && !ck_shm_get(&body, &rec))
            o = find(s, rec.dev, rec.ino);
    }
    if (!rc && o)
        rc = ck_restart_each_block(&r, 0, s->tree.scratch, put, o);
    if (rc)
        ck_res_why(s->why, s->whycap, rc, "can't fill shared memory from %s: "
                   "%s", path, strerror(-rc));
    close(fd);
    free(index);
    return rc;
}

int ck_spawn_shm(struct ck_spawn *s)
{
    const struct ck_tree_image *m = &s->tree.img;
    struct dirent *e;
    int rc = 0;
    DIR *d;

    for (size_t i = 0; !rc && i < m->nproc; i++) {
        if (m->proc[i].image[0])
            rc = note_areas(s, &m->proc[i]);
    }
    if (!rc && s->nshm)
        rc = make_all(s);
    if (rc || !s->nshm)
        return rc;
    d = opendir(s->opts->set_dir);
    if (!d)
        return -errno;
    while (!rc && (e = readdir(d))) {
        if (!strncmp(e->d_name, "shm.", 4))
            rc = fill(s, e->d_name);
    }
    closedir(d);
    return rc;
}
