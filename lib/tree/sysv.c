/*
 * sysv.c - the System V objects of a tree: segments that are attached, and
 * every object whose id a process has got or used (lib/image/sysvids.h).
 *
 * Looking changes nothing but the times and numbers of the last attachment:
 * messages are copied (MSG_COPY), not taken. An object of another user, and
 * a segment that somebody outside of the tree has attached too, is refused.
 */
#include "lib/tree/capture.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "lib/image/sysvids.h"
#include "lib/image/writer.h"
#include "lib/proto/messages.h"
#include "lib/sys/swap.h"

#define PAGE 4096u

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

static const char *const name_of[] = {"?", "System V shared memory",
                                      "System V semaphores",
                                      "System V message queue"};

/* What each kind's *ctl tells. */
struct look {
    struct ipc_perm perm;
    uint64_t size, attached, ctime;
};

static int look(int kind, int id, struct look *l)
{
    struct shmid_ds shm;
    struct semid_ds sem;
    struct msqid_ds msg;
    int r;

    memset(l, 0, sizeof(*l));
    if (kind == CK_SYSV_SHM) {
        r = shmctl(id, IPC_STAT, &shm);
        *l = (struct look){shm.shm_perm, shm.shm_segsz, shm.shm_nattch,
                           (uint64_t)shm.shm_ctime};
    } else if (kind == CK_SYSV_SEM) {
        r = semctl(id, 0, IPC_STAT, &sem);
        *l = (struct look){sem.sem_perm, sem.sem_nsems, 0,
                           (uint64_t)sem.sem_ctime};
    } else {
        r = msgctl(id, IPC_STAT, &msg);
        *l = (struct look){msg.msg_perm, msg.msg_qbytes, 0,
                           (uint64_t)msg.msg_ctime};
    }
    return r < 0 ? -errno : 0;
}

/* An object that is gone is no object of the tree. */
static int add(struct ck_capture *c, int kind, int real, int virt)
{
    struct ck_capture_sysv *more;
    struct look l;
    int rc;

    for (size_t i = 0; i < c->nsysv; i++) {
        if (c->sysv[i].kind == kind && c->sysv[i].real == real)
            return 0;
    }
    if (kind < CK_SYSV_SHM || kind > CK_SYSV_MSG)
        return -EBADMSG;
    rc = look(kind, real, &l);
    if (rc == -EINVAL || rc == -EIDRM)
        return 0;
    more = realloc(c->sysv, (c->nsysv + 1) * sizeof(*more));
    if (!more)
        return -ENOMEM;
    c->sysv = more;
    c->sysv[c->nsysv++] = (struct ck_capture_sysv){kind, real, virt};
    return 0;
}

/* "7f31-7f32 rw-s 00000000 00:01 4711  /SYSV00001234 (deleted)": the id. */
static int segment_of(const char *line)
{
    unsigned long long ino;
    int at = 0;

    if (sscanf(line, "%*x-%*x %*4s %*x %*x:%*x %llu %n", &ino, &at) < 1 ||
        !at || strncmp(line + at, "/SYSV", 5))
        return -1;
    return (int)ino;
}

/* Calls fn for each segment that a process has attached, until it returns
 * nonzero. A process that can't be looked at has none of ours. */
static int each_segment(const char *base,
                        int (*fn)(struct ck_capture *c, int id, void *arg),
                        struct ck_capture *c, void *arg)
{
    char path[96], *text, *line, *rest;
    size_t len;
    int rc = 0;

    snprintf(path, sizeof(path), "%s/maps", base);
    text = ck_proc_slurp(path, &len);
    for (line = text; !rc && line && *line; line = rest) {
        int id = segment_of(line);

        rest = strchr(line, '\n');
        rest = rest ? rest + 1 : NULL;
        if (id >= 0)
            rc = fn(c, id, arg);
    }
    free(text);
    return rc;
}

struct listed {
    struct ck_sysv_entry *e;
    uint32_t n, fixed;
};

static int attached(struct ck_capture *c, int id, void *arg)
{
    const struct listed *l = arg;

    return add(c, CK_SYSV_SHM, id,
               ck_sysv_virt(l->e, l->fixed, CK_SYSV_SHM, id));
}

static int is_ours(struct ck_capture *c, int id, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < c->nsysv; i++) {
        if (c->sysv[i].kind == CK_SYSV_SHM && c->sysv[i].real == id)
            return id + 1;
    }
    return 0;
}

/* Ids are those of an IPC namespace: who is in another one has another
 * segment by the same number. */
static int has_our_ids(const char *base, ino_t ours)
{
    struct stat st;
    char path[96];

    snprintf(path, sizeof(path), "%s/ns/ipc", base);
    return stat(path, &st) < 0 || !ours || st.st_ino == ours;
}

/* A child of one of the processes that is not of the tree is the runtime's
 * (strays.c), as writers are. */
static int no_stranger(struct ck_capture *c)
{
    DIR *d = opendir("/proc");
    struct stat here = {0};
    struct dirent *e;
    int rc = 0;

    if (stat("/proc/self/ns/ipc", &here) < 0)
        here.st_ino = 0;

    while (d && !rc && (e = readdir(d))) {
        struct ck_proc_stat st;
        char base[64];

        if (!isdigit((unsigned char)e->d_name[0]) ||
            ck_capture_find(c, atoi(e->d_name)) ||
            ck_proc_stat_read(atoi(e->d_name), &st) ||
            ck_capture_find(c, st.ppid))
            continue;
        snprintf(base, sizeof(base), "/proc/%d", st.pid);
        if (has_our_ids(base, here.st_ino))
            rc = each_segment(base, is_ours, c, NULL);
        if (rc > 0)
            rc = ck_res_why(c->why, c->whycap, -EAGAIN,
                            "System V shared memory %d is attached by process "
                            "%d (%s), which is not of the computation: this "
                            "can't be saved", rc - 1, st.pid, st.comm);
    }
    if (d)
        closedir(d);
    return rc;
}

static int check_owners(struct ck_capture *c)
{
    int segments = 0;

    for (size_t i = 0; i < c->nsysv; i++) {
        const struct ck_capture_sysv *s = &c->sysv[i];
        struct look l;
        int rc = look(s->kind, s->real, &l);

        segments |= s->kind == CK_SYSV_SHM;
        if (rc)
            return ck_res_why(c->why, c->whycap, rc, "%s %d: %s",
                              name_of[s->kind], s->real, strerror(-rc));
        if (l.perm.uid != geteuid())
            return ck_res_why(c->why, c->whycap, -ENOTSUP,
                              "%s %d (key 0x%08x) belongs to another user "
                              "(%u) and can't be saved", name_of[s->kind],
                              s->real, (unsigned)l.perm.__key, l.perm.uid);
    }
    return segments ? no_stranger(c) : 0;
}

int ck_capture_sysv(struct ck_capture *c)
{
    struct listed l = {0};
    char path[1400];
    size_t len = 0;
    int rc = 0;

    snprintf(path, sizeof(path), "%s/sysv.%s", c->in->job_dir, c->in->tree);
    l.e = ck_proc_slurp(path, &len);
    if (!l.e && errno != ENOENT)
        return ck_res_why(c->why, c->whycap, -errno, "%s: %s", path,
                          strerror(errno));
    l.n = (uint32_t)(len / sizeof(*l.e));
    while (l.e && l.fixed < l.n && (l.e[l.fixed].flags & CK_SYSV_FIXED))
        l.fixed++;
    for (uint32_t i = 0; l.e && !rc && i < l.n; i++)
        rc = add(c, l.e[i].kind, l.e[i].real, l.e[i].virt);
    for (size_t i = 0; !rc && i < c->nproc; i++) {
        if (c->proc[i].kind == CK_KIND_SAVED)
            rc = each_segment(c->proc[i].base, attached, c, &l);
    }
    free(l.e);
    if (!rc && c->nsysv > CK_SYSV_MAX)
        rc = ck_res_why(c->why, c->whycap, -ENOTSUP,
                        "%zu System V objects: more than %d can't be saved",
                        c->nsysv, CK_SYSV_MAX);
    return rc ? rc : check_owners(c);
}

size_t ck_capture_sysv_memory(const struct ck_capture *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->nsysv; i++) {
        struct look l;

        if (look(c->sysv[i].kind, c->sysv[i].real, &l))
            continue;
        n += 4096 + CK_IMGW_STREAM_MEM(l.size / CK_RES_PIECE + 2);
        if (c->sysv[i].kind != CK_SYSV_SHM)
            n += l.size * 16; /* messages may be empty, and have a head */
    }
    return n;
}

/* Copies the pages of a piece that anybody has touched, and clears the rest:
 * to look at a hole would fill it. Returns nonzero if there are any. */
static int copy_piece(char *buf, const char *p, size_t n)
{
    unsigned char there[CK_RES_PIECE / PAGE];
    int any = 0;

    if (mincore((void *)(uintptr_t)p, n, there) < 0 || ck_swap_used()) {
        memcpy(buf, p, n);
        return 1;
    }
    for (size_t at = 0; at < n; at += PAGE) {
        size_t len = n - at < PAGE ? n - at : PAGE;

        if (there[at / PAGE] & 1)
            memcpy(buf + at, p + at, len);
        else
            memset(buf + at, 0, len);
        any |= there[at / PAGE] & 1;
    }
    return any;
}

static int put_segment(struct ck_res_sink *sink, const struct ck_sysv *rec)
{
    const char *p = shmat(rec->real, NULL, SHM_RDONLY);
    char *buf = malloc(CK_RES_PIECE);
    int rc = p == (void *)-1 ? -errno : buf ? 0 : -ENOMEM;

    if (!rc)
        rc = sink->open(sink, rec->stream, rec->size / CK_RES_PIECE + 1);
    for (uint64_t at = 0; !rc && at < rec->size; at += CK_RES_PIECE) {
        size_t n = rec->size - at < CK_RES_PIECE ? (size_t)(rec->size - at)
                                                 : CK_RES_PIECE;

        if (copy_piece(buf, p + at, n) &&
            (buf[0] || memcmp(buf, buf + 1, n - 1)))
            rc = sink->write(sink, rec->stream, at, buf, n);
    }
    free(buf);
    if (p != (void *)-1)
        shmdt(p);
    return rc;
}

static int put_values(struct ck_sysv *rec)
{
    uint16_t *v = calloc(rec->size + 1, sizeof(*v));

    rec->data = (struct ck_blob){v, (uint32_t)(rec->size * sizeof(*v))};
    if (!v)
        return -ENOMEM;
    return semctl(rec->real, 0, GETALL, v) < 0 ? -errno : 0;
}

static long longest_message(void)
{
    size_t len;
    char *text = ck_proc_slurp("/proc/sys/kernel/msgmax", &len);
    long n = text ? atol(text) : 0;

    free(text);
    return n > 0 ? n : 65536;
}

/* u64 type, u32 length, text, one after the other. */
static int put_messages(struct ck_sysv *rec)
{
    size_t max = (size_t)longest_message(), cap = 0, used = 0;
    struct {
        long type;
        char text[];
    } *m = malloc(sizeof(long) + max);
    char *all = NULL;
    ssize_t n = 0;

    for (long i = 0; m; i++) {
        struct ck_wr w;

        n = msgrcv(rec->real, m, max, i, MSG_COPY | IPC_NOWAIT);
        if (n < 0)
            break;
        if (used + 12 + (size_t)n > cap) {
            char *more = realloc(all, cap = cap * 2 + 12 + (size_t)n);

            if (!more)
                break;
            all = more;
        }
        ck_wr_init(&w, (uint8_t *)all + used, 12);
        ck_put_uint(&w, (uint64_t)m->type, 8);
        ck_put_uint(&w, (uint64_t)n, 4);
        memcpy(all + used + 12, m->text, (size_t)n);
        used += 12 + (size_t)n;
    }
    rec->data = (struct ck_blob){all, (uint32_t)used};
    n = !m || n >= 0 ? -ENOMEM : errno == ENOMSG ? 0 : -errno;
    free(m);
    return (int)n;
}

int ck_capture_sysv_put(struct ck_capture *c, struct ck_res_sink *sink,
                        size_t i, struct ck_sysv *rec)
{
    const struct ck_capture_sysv *s = &c->sysv[i];
    struct look l;
    int rc = look(s->kind, s->real, &l);

    *rec = (struct ck_sysv){
        .kind = (uint8_t)s->kind,
        .stream = (uint32_t)(c->nofd + c->nmap + i + 1),
        .virt = s->virt,
        .real = s->real,
        .key = l.perm.__key,
        .mode = l.perm.mode & 0777,
        .removed = s->kind == CK_SYSV_SHM && (l.perm.mode & SHM_DEST),
        .size = l.size,
        .ctime = l.ctime,
    };
    if (!rc)
        rc = s->kind == CK_SYSV_SHM   ? put_segment(sink, rec)
             : s->kind == CK_SYSV_SEM ? put_values(rec)
                                      : put_messages(rec);
    if (rc)
        return ck_res_why(c->why, c->whycap, rc,
                          "%s %d (key 0x%08x) can't be looked at: %s%s",
                          name_of[s->kind], s->real, (unsigned)rec->key,
                          strerror(-rc),
                          rc == -ENOSYS ? " (the kernel needs "
                                          "CONFIG_CHECKPOINT_RESTORE)" : "");
    return 0;
}
