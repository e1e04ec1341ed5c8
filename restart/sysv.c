/*
 * sysv.c - makes the System V objects of a tree again.
 *
 * They outlive processes: those of the last run may still be there. One that
 * is certainly ours (the id that D/sysv.<tree> or the image has for it, the
 * same key, and for one without a key the same time of change) is removed and
 * made anew. A key that is taken by anything else, and a segment that
 * somebody has attached, is refused before anything is changed.
 *
 * Ids are the kernel's to give: D/sysv.<tree> is written again with those of
 * this run (lib/image/sysvids.h), and what a failed restart has left is found
 * by it.
 */
#include "restart/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "lib/image/sysvids.h"
#include "restart/ops.h"

static const char *const name_of[] = {"?", "shared memory", "semaphores",
                                      "message queue"};

struct old {
    struct ck_sysv_entry e[CK_SYSV_MAX];
    uint32_t n;
};

static void path_of(const struct ck_spawn *s, char *path, size_t cap)
{
    snprintf(path, cap, "%s/sysv.%s", s->opts->job_dir, s->opts->tree);
}

static void read_old(const struct ck_spawn *s, struct old *o)
{
    char path[1400];
    ssize_t n = 0;
    int fd;

    path_of(s, path, sizeof(path));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        n = read(fd, o->e, sizeof(o->e));
    o->n = n > 0 ? (uint32_t)((size_t)n / sizeof(o->e[0])) : 0;
    if (fd >= 0)
        close(fd);
}

/* Is there an object `id`, and is it ours? attached: its users. */
static int is_ours(const struct ck_sysv *r, int id, uint64_t *attached)
{
    struct shmid_ds shm;
    struct semid_ds sem;
    struct msqid_ds msg;
    struct ipc_perm *perm = &shm.shm_perm;
    uint64_t changed = 0;
    int rc;

    *attached = 0;
    if (r->kind == CK_SYSV_SHM) {
        rc = shmctl(id, IPC_STAT, &shm);
        changed = (uint64_t)shm.shm_ctime;
        *attached = shm.shm_nattch;
    } else if (r->kind == CK_SYSV_SEM) {
        rc = semctl(id, 0, IPC_STAT, &sem);
        perm = &sem.sem_perm;
        changed = (uint64_t)sem.sem_ctime;
    } else {
        rc = msgctl(id, IPC_STAT, &msg);
        perm = &msg.msg_perm;
        changed = (uint64_t)msg.msg_ctime;
    }
    return rc >= 0 && perm->uid == geteuid() && perm->__key == r->key &&
           (r->key || changed == r->ctime);
}

/* The id of what is left of it, or -1. */
static int left_over(const struct old *o, const struct ck_sysv *r,
                     uint64_t *attached)
{
    for (uint32_t i = o->n; i-- > 0;) {
        const struct ck_sysv_entry *e = &o->e[i];

        if (e->kind == r->kind && e->virt == r->virt &&
            is_ours(r, e->real, attached))
            return e->real;
    }
    return is_ours(r, r->real, attached) ? r->real : -1;
}

static int by_key(const struct ck_sysv *r)
{
    if (!r->key || r->removed)
        return -1;
    return r->kind == CK_SYSV_SHM   ? shmget(r->key, 0, 0)
           : r->kind == CK_SYSV_SEM ? semget(r->key, 0, 0)
                                    : msgget(r->key, 0);
}

static int check(struct ck_spawn *s, const struct old *o,
                 const struct ck_sysv *r)
{
    uint64_t attached = 0;
    int mine, there;

    if (r->kind < CK_SYSV_SHM || r->kind > CK_SYSV_MSG ||
        (r->kind == CK_SYSV_SEM && r->data.n / 2 != r->size))
        return -EBADMSG;
    mine = left_over(o, r, &attached);
    there = by_key(r);
    if (there < 0 && errno == EACCES)
        there = INT32_MAX;
    if (there >= 0 && there != mine)
        return ck_res_why(s->why, s->whycap, -EEXIST,
                          "key 0x%08x of the computation's System V %s is "
                          "taken by somebody else here: end that, or remove "
                          "it (ipcrm)", (unsigned)r->key, name_of[r->kind]);
    if (mine >= 0 && attached && !r->removed)
        return ck_res_why(s->why, s->whycap, -EBUSY,
                          "System V shared memory %d of the computation is "
                          "still attached by somebody: end that first", mine);
    return 0;
}

static void remove_object(int kind, int id)
{
    if (kind == CK_SYSV_SHM)
        shmctl(id, IPC_RMID, NULL);
    else if (kind == CK_SYSV_SEM)
        semctl(id, 0, IPC_RMID);
    else
        msgctl(id, IPC_RMID, NULL);
}

struct segment {
    char *at;
    uint64_t size;
};

static int put(void *arg, uint64_t off, const void *p, size_t n)
{
    static const char zero[4096];
    const struct segment *to = arg;

    if (off > to->size || n > to->size - off)
        return -EBADMSG;
    for (size_t at = 0, len; at < n; at += len) { /* holes stay holes */
        len = n - at < sizeof(zero) ? n - at : sizeof(zero);
        if (memcmp((const char *)p + at, zero, len) != 0)
            memcpy(to->at + off + at, (const char *)p + at, len);
    }
    return 0;
}

static int fill_segment(struct ck_spawn *s, const struct ck_sysv *r, int id)
{
    struct segment to = {shmat(id, NULL, 0), r->size};
    struct shmid_ds ds;
    int rc;

    if (to.at == (char *)-1)
        return -errno;
    rc = s->tree.source.read(&s->tree.source, r->stream, put, &to);
    shmdt(to.at);
    if (!rc && shmctl(id, IPC_STAT, &ds) < 0)
        rc = -errno;
    ds.shm_perm.mode = r->mode & 0777;
    if (!rc && shmctl(id, IPC_SET, &ds) < 0)
        rc = -errno;
    return rc;
}

static int fill_set(const struct ck_sysv *r, int id)
{
    struct semid_ds ds;
    uint16_t *v = malloc(r->data.n + 1);
    int rc = v ? 0 : -ENOMEM;

    if (v)
        memcpy(v, r->data.p, r->data.n);
    if (!rc && semctl(id, 0, SETALL, v) < 0)
        rc = -errno;
    free(v);
    if (!rc && semctl(id, 0, IPC_STAT, &ds) < 0)
        rc = -errno;
    ds.sem_perm.mode = r->mode & 0777;
    if (!rc && semctl(id, 0, IPC_SET, &ds) < 0)
        rc = -errno;
    return rc;
}

static int send_all(const struct ck_sysv *r, int id)
{
    struct ck_rd rd;
    int rc = 0;

    ck_rd_init(&rd, r->data.p, r->data.n);
    while (!rc && rd.pos < rd.len) {
        uint64_t type = ck_get_uint(&rd, 8);
        size_t n = (size_t)ck_get_uint(&rd, 4);
        const void *text = ck_get_raw(&rd, n);
        struct {
            long type;
            char text[];
        } *m;

        if (rd.bad)
            return -EBADMSG;
        m = malloc(sizeof(long) + n);
        if (!m)
            return -ENOMEM;
        m->type = (long)type;
        memcpy(m->text, text, n);
        if (msgsnd(id, m, n, IPC_NOWAIT) < 0)
            rc = -errno;
        free(m);
    }
    return rc;
}

static int fill_queue(const struct ck_sysv *r, int id)
{
    struct msqid_ds ds;
    int rc = msgctl(id, IPC_STAT, &ds) < 0 ? -errno : 0;

    if (!rc && ds.msg_qbytes < r->size) {
        ds.msg_qbytes = r->size;
        rc = msgctl(id, IPC_SET, &ds) < 0 ? -errno : 0;
    }
    if (!rc)
        rc = send_all(r, id);
    ds.msg_qbytes = r->size;
    ds.msg_perm.mode = r->mode & 0777;
    if (!rc && msgctl(id, IPC_SET, &ds) < 0)
        rc = -errno;
    return rc;
}

static int make(struct ck_spawn *s, const struct old *o, struct ck_sysv *r)
{
    int flags = IPC_CREAT | IPC_EXCL | 0600, id, rc;
    key_t key = r->removed ? IPC_PRIVATE : r->key;
    uint64_t attached;
    int gone = left_over(o, r, &attached);

    if (gone >= 0)
        remove_object(r->kind, gone);
    id = r->kind == CK_SYSV_SHM   ? shmget(key, r->size, flags)
         : r->kind == CK_SYSV_SEM ? semget(key, (int)r->size, flags)
                                  : msgget(key, flags);
    if (id < 0)
        rc = -errno;
    else
        rc = r->kind == CK_SYSV_SHM   ? fill_segment(s, r, id)
             : r->kind == CK_SYSV_SEM ? fill_set(r, id)
                                      : fill_queue(r, id);
    if (!rc)
        return id;
    if (id >= 0)
        remove_object(r->kind, id);
    return ck_res_why(s->why, s->whycap, rc,
                      "can't make the computation's System V %s (key 0x%08x) "
                      "again: %s", name_of[r->kind], (unsigned)r->key,
                      strerror(-rc));
}

static int write_list(struct ck_spawn *s, const struct ck_sysv_entry *e,
                      size_t n)
{
    char path[1400], fresh[1410];
    int fd, rc = 0;

    path_of(s, path, sizeof(path));
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, e, n * sizeof(*e)) != (ssize_t)(n * sizeof(*e)) ||
        rename(fresh, path) < 0)
        rc = ck_res_why(s->why, s->whycap, -errno, "can't write %s: %s", path,
                        strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

int ck_spawn_sysv_check(struct ck_spawn *s)
{
    const struct ck_tree_image *m = &s->tree.img;
    struct old *o = calloc(1, sizeof(*o));
    int64_t until = 0;
    int rc;

    do {
        rc = o ? 0 : -ENOMEM;
        if (!rc)
            read_old(s, o);
        for (size_t i = 0; !rc && i < m->nsysv; i++)
            rc = ck_spawn_found(s, check(s, o, &m->sysv[i]));
    } while (ck_spawn_again(s, rc, &until));
    free(o);
    return rc;
}

/* The segments' ids stand among the shared memory for the restorer. */
int ck_spawn_sysv(struct ck_spawn *s)
{
    const struct ck_tree_image *m = &s->tree.img;
    struct old *o = calloc(1, sizeof(*o));
    struct ck_sysv_entry *e = calloc(m->nsysv + 1, sizeof(*e));
    size_t n = 0;
    int rc = o && e ? 0 : -ENOMEM;

    if (!rc)
        read_old(s, o);
    for (; !rc && n < m->nsysv; n++) {
        struct ck_sysv *r = &m->sysv[n];
        int id = make(s, o, r);

        if (id < 0) {
            rc = id;
            break;
        }
        e[n] = (struct ck_sysv_entry){r->kind, r->virt, id, CK_SYSV_FIXED};
        if (r->removed)
            e[n].flags |= CK_SYSV_REMOVED;
        if (r->kind == CK_SYSV_SHM)
            s->shm[s->nshm++] = (struct ck_spawn_shm){
                CK_PLAN_SYSV, (uint32_t)r->real, id};
    }
    if (!rc)
        rc = write_list(s, e, n);
    for (size_t i = 0; rc && e && i < n; i++)
        remove_object(e[i].kind, e[i].real);
    free(o);
    free(e);
    return rc;
}
