/*
 * write.c - the tree image: processes, descriptors, open file descriptions,
 * and the contents that only those have (pipes, files without a name).
 */
#include "lib/tree/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/jobdir.h"
#include "lib/base/undo.h"
#include "lib/image/mapped.h"
#include "lib/image/writer.h"
#include "lib/place/place.h"
#include "lib/proto/messages.h"
#include "lib/res/contents.h"
#include "lib/res/kind.h"
#include "lib/res/shm.h"

/* Of an OFD's record; what is above the least comes from its fdinfo. */
#define BODY_MAX (128 << 10)
#define BODY_LEAST 8192

struct sink {
    struct ck_res_sink base;
    const struct ck_capture_in *in;
    struct ck_imgw w;
    struct ck_imgw_stream *stream; /* by OFD id */
    void *scratch;
};

static int is_over(const struct ck_capture_in *in)
{
    return in->over && in->over(in->arg);
}

static int sink_open(struct ck_res_sink *s, uint32_t id, uint64_t pieces)
{
    struct sink *k = (struct sink *)s;

    return ck_imgw_stream(&k->w, &k->stream[id], id, (uint32_t)pieces);
}

static int sink_write(struct ck_res_sink *s, uint32_t id, uint64_t off,
                      const void *p, size_t n)
{
    struct sink *k = (struct sink *)s;
    struct ck_run run = {.addr = off, .len = n};

    return is_over(k->in) ? -ECANCELED
                          : ck_imgw_block_buf(&k->w, &k->stream[id],
                                              k->scratch, &run, 1, p);
}

/* Process number `real` as the program knows it; its parent counts only if
 * it is one of us. */
static uint32_t vparent(const struct ck_capture *c, pid_t real)
{
    const struct ck_capture_proc *p = ck_capture_find(c, real);

    return p ? (uint32_t)p->vpid : 0;
}

static uint32_t virt(const struct ck_capture *c, pid_t real)
{
    const struct ck_capture_proc *p = ck_capture_find(c, real);

    return (uint32_t)(p ? p->vpid : ck_pid_virt(&c->table, real));
}

/* The root is the one that was there first among those whose parent is
 * outside; the others have lost their parents. */
static const struct ck_capture_proc *root_of(const struct ck_capture *c)
{
    const struct ck_capture_proc *best = NULL;

    for (size_t i = 0; i < c->nproc; i++) {
        const struct ck_capture_proc *p = &c->proc[i];

        if (ck_capture_find(c, p->ppid))
            continue;
        if (!best || p->start < best->start) /* at a tie the lower number */
            best = p;
    }
    return best;
}

/* Group and session of the surroundings: those that the root has, or, where
 * it leads its own, had from who started it. */
static void fill_outside(const struct ck_capture *c, struct ck_tree *t,
                         const struct ck_capture_proc *root)
{
    struct ck_proc_stat st;
    int own_group = ck_capture_find(c, root->pgid) != NULL;
    int own_session = ck_capture_find(c, root->sid) != NULL;

    if (!own_group)
        t->out_pgid = virt(c, root->pgid);
    if (!own_session)
        t->out_sid = virt(c, root->sid);
    if ((!own_group && !own_session) || root->ppid <= 1 ||
        ck_proc_stat_read(root->ppid, &st))
        return;
    if (own_group && st.pgid && !ck_capture_find(c, st.pgid))
        t->out_pgid = virt(c, st.pgid);
    if (own_session && st.sid && !ck_capture_find(c, st.sid))
        t->out_sid = virt(c, st.sid);
}

static void put_tree(struct ck_capture *c, struct ck_imgw *w)
{
    const struct ck_capture_proc *root = root_of(c);
    struct ck_tree t = {
        .tree = c->in->tree,
        .node = c->in->node,
        .root_vpid = root ? (uint32_t)root->vpid : 0,
        .stdio = c->in->stdio,
        .job_dir = c->in->job_dir,
    };

    if (root)
        fill_outside(c, &t, root);
    CK_IMGW_RECORD(w, CK_TAG_TREE, ck_tree, &t);
}

static void put_proc(struct ck_capture *c, struct ck_imgw *w,
                     const struct ck_capture_proc *p)
{
    char image[192] = "", cwd[96];
    struct ck_proc r = {
        .vpid = (uint32_t)p->vpid,
        .vppid = vparent(c, p->ppid),
        .vpgid = virt(c, p->pgid),
        .vsid = virt(c, p->sid),
        .kind = p->kind,
        .status = p->status,
        .tids = {p->tids, (uint32_t)p->ntids * 4},
        .exe = p->exe,
        .cwd = p->cwd,
        .gone = p->gone,
        .umask = p->umask,
        .comm = p->comm,
        .image = image,
        .argv = {p->argv, (uint32_t)p->nargv},
        .env = {p->env, (uint32_t)p->nenv},
    };

    if (p->gone) {
        r.cwd_dev = p->cwd_is.st_dev;
        r.cwd_ino = p->cwd_is.st_ino;
        snprintf(cwd, sizeof(cwd), "%s/cwd", p->base);
        ck_res_attr_save(cwd, &p->cwd_is, &r.cwd_attr);
    }
    if (p->kind == CK_KIND_SAVED)
        snprintf(image, sizeof(image), "proc.%s.%d.img", c->in->tree, p->vpid);
    CK_IMGW_RECORD(w, CK_TAG_PROC, ck_proc, &r);
}

/* Who has it: puts "process 7 (sort): descriptor 3 is " before the reason. */
static int blame(struct ck_capture *c, const struct ck_res_ofd *o,
                 const char *reason, int code)
{
    const struct ck_capture_proc *p = ck_capture_find(c, o->pid);

    if (o->nparts)
        return ck_res_why(c->why, c->whycap, code, "process %d (%s): %s",
                          o->pid, p ? p->comm : "?", reason);
    if (o->pid == getpid())
        return ck_res_why(c->why, c->whycap, code,
                          "a descriptor that only another one leads to, as "
                          "it is on its way in a socket or was closed: %s",
                          reason);
    return ck_res_why(c->why, c->whycap, code,
                      "process %d (%s): descriptor %d is %s", o->pid,
                      p ? p->comm : "?", o->fd, reason);
}

struct save {
    struct ck_res_save base;
    const struct ck_capture *c;
};

static uint32_t foreground(const struct ck_res_save *save, pid_t pid)
{
    const struct ck_capture *c = ((const struct save *)save)->c;
    struct ck_proc_stat st;

    if (ck_proc_stat_read(pid, &st) || st.foreground <= 0)
        return 0;
    for (size_t i = 0; i < c->nproc; i++) {
        if (c->proc[i].pgid == st.foreground)
            return virt(c, st.foreground);
    }
    return 0;
}

/* Is it a process, thread, group or session of the tree? */
static int is_ours(const struct ck_capture *c, pid_t real, uint32_t number)
{
    for (size_t i = 0; i < c->nproc; i++) {
        const struct ck_capture_proc *p = &c->proc[i];
        struct ck_rd r;

        if (p->pid == real || p->pgid == real || p->sid == real)
            return 1;
        ck_rd_init(&r, p->tids, p->ntids * 4);
        for (size_t t = 0; t < p->ntids; t++) {
            if (ck_get_uint(&r, 4) == number)
                return 1;
        }
    }
    return 0;
}

static uint32_t virt_number(const struct ck_res_save *save, pid_t real)
{
    const struct ck_capture *c = ((const struct save *)save)->c;
    uint32_t number = virt(c, real);

    return is_ours(c, real, number) ? number : 0;
}

static uint32_t speaker(const struct ck_res_save *save, pid_t real)
{
    const struct ck_capture *c = ((const struct save *)save)->c;
    int32_t v = ck_pid_spoke_for(&c->table, real);

    if (v && kill(real, 0) < 0 && errno == ESRCH)
        return (uint32_t)v;
    return virt(c, real);
}

static const struct ck_res_ofd *find_ofd(const struct ck_res_save *save,
                                         pid_t pid, int fd)
{
    const struct ck_res_ofd *o =
        ck_capture_ofd(((const struct save *)save)->c, pid, fd);
    const struct ck_res *res = o ? ck_res_match(o) : NULL;

    return res && res->stand_in && pid == getpid() ? NULL : o;
}

static int is_alone(const struct ck_res_save *save,
                    const struct ck_res_ofd *o)
{
    const struct ck_capture *c = ((const struct save *)save)->c;
    int mine = 0;

    for (size_t i = 0; i < c->nfd; i++) {
        if (c->fd[i].ofd == o->id && c->proc[c->fd[i].proc].pid != o->pid)
            return 0;
        mine |= c->fd[i].ofd == o->id;
    }
    return mine;
}

/* Who gets its signals (SIGIO, SIGURG), or would if it sent any: without
 * O_ASYNC only sockets and files with a lease do. */
static int read_owner(const struct ck_capture *c, const struct ck_res_ofd *o,
                      struct ck_ofd *r, char *why, size_t cap)
{
    struct f_owner_ex owner = {.pid = 0};
    int fd = ck_res_take(o), sig;

    if (fd < 0)
        return o->flags & O_ASYNC || S_ISSOCK(o->st.st_mode) || o->lock[0]
                   ? fd : 0;
    sig = fcntl(fd, F_GETSIG);
    if (fcntl(fd, F_GETOWN_EX, &owner) < 0)
        owner.pid = 0;
    close(fd);
    r->sig = (uint8_t)(sig > 0 ? sig : 0);
    if (owner.pid <= 0)
        return 0;
    r->owner = virt(c, owner.pid);
    r->owner_type = (uint8_t)owner.type;
    if (owner.type == F_OWNER_TID && !ck_capture_find(c, owner.pid))
        return ck_res_why(why, cap, -ENOTSUP,
                          "%s, whose signals go to one thread: that can't be "
                          "saved", o->link);
    return 0;
}

static int put_ofd(struct ck_capture *c, struct sink *k,
                   const struct ck_res_ofd *o)
{
    const struct ck_res *res = ck_res_match(o);
    static uint8_t body[BODY_MAX];
    uint8_t given[4 * CK_RES_GIVEN];
    char why[700] = "";
    struct save save = {.c = c, .base = {
        .sink = &k->base, .foreground = foreground, .virt = virt_number,
        .speaker = speaker, .find = find_ofd, .alone = is_alone,
        .all = c->ofd, .count = c->nofd, .several = c->in->several,
        .why = why, .whycap = sizeof(why), .job_dir = c->in->job_dir,
        .task = CK_TREE_IS_TASK(c->in->tree) ? c->in->tree : NULL,
    }};
    struct ck_ofd r = {.id = o->id, .flags = o->flags};
    struct ck_wr w;
    int rc;

    if (is_over(c->in))
        return -ECANCELED;
    if (!res) {
        rc = ck_res_refuse(o, why, sizeof(why));
        return blame(c, o, why, rc);
    }
    ck_wr_init(&w, body, sizeof(body));
    rc = res->save(&save.base, o, &w);
    if (!rc && w.bad)
        rc = ck_res_why(why, sizeof(why), -ENAMETOOLONG,
                        "%s: its name is too long", o->link);
    if (!rc)
        rc = read_owner(c, o, &r, why, sizeof(why));
    if (rc)
        return blame(c, o, why[0] ? why : strerror(-rc), rc);
    r.kind = res->name;
    r.body = (struct ck_blob){body, (uint32_t)w.len};
    ck_wr_init(&w, given, sizeof(given));
    for (size_t i = 0; save.base.outside && i < o->ngiven; i++)
        ck_put_uint(&w, o->given[i], 4);
    r.given = (struct ck_blob){given, (uint32_t)w.len};
    return CK_IMGW_RECORD(&k->w, CK_TAG_OFD, ck_ofd, &r);
}

static int put_all(struct ck_capture *c, struct sink *k)
{
    int rc = 0;

    put_tree(c, &k->w);
    for (size_t i = 0; i < c->nproc; i++)
        put_proc(c, &k->w, &c->proc[i]);
    for (size_t i = 0; !rc && i < c->nofd; i++)
        rc = put_ofd(c, k, &c->ofd[i]);
    for (size_t i = 0; !rc && i < c->nmap; i++)
        rc = put_ofd(c, k, &c->map[i]);
    for (size_t i = 0; !rc && i < c->nsysv; i++) {
        struct ck_sysv r;

        if (is_over(c->in))
            return -ECANCELED;
        rc = ck_capture_sysv_put(c, &k->base, i, &r);
        if (!rc)
            rc = CK_IMGW_RECORD(&k->w, CK_TAG_SYSV, ck_sysv, &r);
        free((void *)r.data.p);
    }
    for (size_t i = 0; !rc && i < c->nfd; i++) {
        const struct ck_capture_fd *f = &c->fd[i];
        struct ck_fd r = {(uint32_t)c->proc[f->proc].vpid, f->fd,
                          (uint8_t)f->cloexec, f->ofd};

        rc = CK_IMGW_RECORD(&k->w, CK_TAG_FD, ck_fd, &r);
    }
    return rc;
}

/* Where the processes could run: they do again by now. */
static int put_placement(struct ck_capture *c, struct sink *k)
{
    struct ck_place *p = malloc(sizeof(*p));
    uint8_t *mem = malloc(CK_PLACE_REC_MAX);
    pid_t *pid = calloc(c->nproc + 1, sizeof(*pid));
    struct ck_placement rec;
    int rc = p && mem && pid ? 0 : -ENOMEM;

    for (size_t i = 0; !rc && i < c->nproc; i++)
        pid[i] = c->proc[i].pid;
    if (!rc && !ck_place_look(pid, c->nproc, p)) {
        ck_place_put(p, mem, &rec);
        rc = CK_IMGW_RECORD(&k->w, CK_TAG_PLACEMENT, ck_placement, &rec);
    }
    free(pid);
    free(mem);
    free(p);
    return rc;
}

static int has_contents(const struct ck_res_ofd *o, const struct stat *st)
{
    return !st->st_nlink || ck_mapped_volatile(o->link) ||
           ck_mapped_nfs_removed(o->link);
}

/* A file that may be saved with its contents: a piece for each run of data. */
static size_t contents_memory(const struct ck_res_ofd *o, int fd)
{
    struct stat st;
    uint64_t n = 2;

    if (fd >= 0 && !fstat(fd, &st) && has_contents(o, &st))
        n += ck_res_contents_pieces(fd, (uint64_t)st.st_size);
    if (fd >= 0)
        close(fd);
    return CK_IMGW_STREAM_MEM(n);
}

static size_t file_memory(const struct ck_res_ofd *o)
{
    char path[64];

    if (!has_contents(o, &o->st)) /* to open it would break a lease */
        return contents_memory(o, -1);
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->tid, o->fd);
    return contents_memory(o, ck_res_open_seen(o, path));
}

static int is_leased(const struct ck_capture *c, const struct ck_res_ofd *map)
{
    for (size_t i = 0; i < c->nofd; i++)
        if (c->ofd[i].st.st_ino == map->st.st_ino &&
            ck_res_has_write_lease(&c->ofd[i]))
            return 1;
    return 0;
}

static size_t map_memory(const struct ck_capture *c,
                         const struct ck_res_ofd *o)
{
    size_t n = BODY_LEAST + CK_IMGW_RECORD_MEM;
    int leased = is_leased(c, o), fd = leased ? -1 : ck_res_mapped_open(o);

    if (fd < 0 && !leased && ck_mapped_volatile(o->link))
        fd = open(o->link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    for (size_t k = 0; k < o->nparts; k++)
        n += CK_IMGW_STREAM_MEM(o->part[k].len / CK_RES_PIECE + 2);
    return n + contents_memory(o, fd);
}

/* Room for everything the writer keeps until it finishes. */
static size_t memory_needed(const struct ck_capture *c)
{
    size_t n = 1u << 20;

    for (size_t i = 0; i < c->nproc; i++) {
        const struct ck_capture_proc *p = &c->proc[i];

        n += 2 * PATH_MAX + p->ntids * 4 + p->nargv + p->nenv +
             CK_IMGW_RECORD_MEM;
    }
    n += c->nofd * (BODY_LEAST + CK_IMGW_RECORD_MEM + CK_IMGW_STREAM_MEM(64));
    n += c->nfd * CK_IMGW_RECORD_MEM;
    n += ck_capture_sysv_memory(c);
    for (size_t i = 0; i < c->nmap; i++)
        n += map_memory(c, &c->map[i]);
    for (size_t i = 0; i < c->nofd; i++) {
        n += strlen(c->ofd[i].info) + strlen(c->ofd[i].lock);
        if (S_ISREG(c->ofd[i].st.st_mode))
            n += file_memory(&c->ofd[i]);
    }
    return n;
}

static int write_to(struct ck_capture *c, int fd, struct ck_capture_out *out)
{
    size_t len = memory_needed(c);
    struct sink k = {.base = {sink_open, sink_write}, .in = c->in};
    void *mem = mmap(NULL, len, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int rc;

    k.stream = calloc(c->nofd + c->nmap + c->nsysv + 1, sizeof(*k.stream));
    k.scratch = malloc(CK_IMGW_SCRATCH_SIZE);
    rc = mem == MAP_FAILED || !k.stream || !k.scratch ? -ENOMEM : 0;
    if (!rc)
        rc = ck_imgw_begin(&k.w, fd, CK_IMAGE_TREE, mem, len);
    if (!rc)
        rc = put_all(c, &k);
    ck_capture_fds_end(c); /* what was carried is held open by us */
    if (!rc && c->in->seen)
        c->in->seen(c->in->arg);
    if (!rc)
        rc = put_placement(c, &k);
    if (!rc)
        rc = ck_imgw_finish(&k.w, &out->bytes, &out->checksum);
    out->raw_bytes = k.w.raw_bytes;
    free(k.stream);
    free(k.scratch);
    if (mem != MAP_FAILED)
        munmap(mem, len);
    return rc;
}

int ck_capture_write(struct ck_capture *c, struct ck_capture_out *out)
{
    char path[1400];
    int fd, rc;

    snprintf(out->file, sizeof(out->file), "tree.%s.img", c->in->tree);
    snprintf(path, sizeof(path), "%s/%s", c->in->set_dir, out->file);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return ck_res_why(c->why, c->whycap, -errno, "can't write %s: %s",
                          path, strerror(errno));
    c->why[0] = '\0';
    rc = write_to(c, fd, out);
    close(fd);
    if (rc)
        unlink(path);
    if (rc && !c->why[0])
        ck_res_why(c->why, c->whycap, rc, "can't write %s: %s", path,
                   strerror(-rc));
    return rc;
}

/* What files are opened for writing from here on comes after this set. */
static int begin_undo(struct ck_capture *c)
{
    uint32_t set = ck_jobdir_set_of(c->in->set_dir);
    struct ck_err e = {""};
    int rc = set ? ck_undo_start(c->in->job_dir, c->in->tree, set, &e) : 0;

    if (!rc && set)
        rc = ck_undo_outputs(c->in->job_dir, c->in->tree, &e);
    return rc ? ck_res_why(c->why, c->whycap, rc, "%s", e.text) : 0;
}

int ck_capture_tree(const struct ck_capture_in *in, struct ck_capture_out *out,
                    char *why, size_t whycap)
{
    struct ck_capture c = {.in = in, .why = why, .whycap = whycap};
    int rc = ck_capture_procs(&c);

    if (!rc)
        rc = ck_capture_namespaces(&c);
    if (!rc)
        rc = ck_capture_shared(&c);
    if (!rc)
        rc = ck_capture_strays(&c);
    if (!rc)
        rc = ck_capture_fds(&c);
    if (!rc)
        rc = ck_capture_maps(&c);
    if (!rc)
        rc = ck_capture_sysv(&c);
    if (!rc)
        rc = is_over(in) ? -ECANCELED : begin_undo(&c);
    if (!rc)
        rc = ck_capture_write(&c, out);
    if (rc && !why[0])
        ck_res_why(why, whycap, rc, "can't look at the processes: %s",
                   strerror(-rc));
    for (size_t i = 0; i < c.nproc; i++) {
        free(c.proc[i].exe);
        free(c.proc[i].cwd);
        free(c.proc[i].tids);
        free(c.proc[i].argv);
        free(c.proc[i].env);
    }
    ck_capture_fds_end(&c);
    for (size_t i = 0; i < c.nmap; i++) {
        free((char *)c.map[i].link);
        free(c.map[i].part);
    }
    free(c.proc);
    free(c.fd);
    free(c.ofd);
    free(c.map);
    free(c.sysv);
    free(c.table_mem);
    free(c.table_index);
    return rc;
}
