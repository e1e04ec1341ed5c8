/*
 * entry.c - where the dynamic linker enters the restorer, and the
 * interpreter of one actor's operations (restart/ops.h).
 *
 * The linker loads us for LD_AUDIT before any other library and calls
 * la_version: the process is a fresh one of the saved program's file, with
 * nothing done yet. We never return to it. Without CKPT_PLAN in the
 * environment somebody else has loaded us: then the linker is told to go on
 * without us. The plan is bounds-checked like everything that is inherited;
 * whatever fails ends the restart with its reason (ck_blob_fail).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/image/pidtable.h"
#include "lib/proto/client.h"
#include "lib/sys/fmt.h"
#include "lib/sys/process.h"
#include "lib/sys/syscall.h"
#include "restart/blob/blob.h"
#include "restart/ops.h"

#define CONNECT_MS 20000

struct self {
    const uint8_t *plan;
    struct ck_plan_head head;
    struct ck_pidtable_file *table;
    uint32_t *words;
    int32_t *pids; /* by actor: those that this process made */
    uint32_t nactors;
    uint32_t actor;
    struct ck_plan_actor me;
    int coord_fd; /* -1: not connected */
    int32_t outside; /* group that the root was started in */
};

unsigned la_version(unsigned version);

static const char *name_of(const struct self *s)
{
    const char *slash = s->me.exe ? s->me.exe : ""; /* not yet known */

    for (const char *p = slash; *p; p++)
        if (*p == '/')
            slash = p + 1;
    return *slash ? slash : "helper";
}

static int connect_coordinator(struct self *s, char *why, size_t cap)
{
    struct ck_msg_restoring m = {
        .pid = (uint32_t)sys0(SYS_getpid),
        .start = ck_start_of(0),
        .vpid = s->me.vpid,
        .node = s->head.node,
        .tree = s->head.tree,
    };
    uint8_t buf[1024];
    long fd = ck_client_connect(s->head.job_dir, CK_ROLE_RESTORING,
                                CONNECT_MS, why, cap);

    if (fd < 0)
        return (int)fd;
    if (fd != (int)s->head.coord_no) {
        sys3(SYS_dup3, fd, s->head.coord_no, O_CLOEXEC);
        sys1(SYS_close, fd);
    }
    s->coord_fd = (int)s->head.coord_no;
    fd = CK_CLIENT_SEND(s->coord_fd, buf, sizeof(buf), restoring, RESTORING,
                        &m);
    if (fd < 0) {
        ck_fmt(why, cap, "the coordinator closed the connection");
        sys1(SYS_close, s->coord_fd);
        s->coord_fd = -1;
    }
    return (int)fd;
}

/* Is it of no use to complain? The coordinator has ended, and has said why,
 * or another process could not reach it either. */
static int is_told(const struct self *s)
{
    return s->head.words && (ck_blob_ended(s->head.job_dir) ||
                             __atomic_fetch_add(&s->words[s->head.words - 1],
                                                1, __ATOMIC_RELAXED));
}

/* A helper has no connection of its own until it has something to say. */
#define FAIL(s, fmt, ...)                                                   \
    do {                                                                    \
        char why_[256];                                                     \
        if ((s)->coord_fd < 0)                                              \
            connect_coordinator((s), why_, sizeof(why_));                   \
        if ((s)->coord_fd < 0 && is_told(s))                                \
            sys1(SYS_exit_group, 1);                                        \
        ck_blob_fail((s)->coord_fd, "process %u (%s): " fmt, (s)->me.vpid,  \
                     name_of(s), __VA_ARGS__);                              \
    } while (0)

static int wait_word(const struct self *s, uint32_t *word, uint32_t least)
{
    return ck_blob_wait(word, least, s->head.limit_ms);
}

/* Enters what this process has become into the pid table. */
static void publish(struct self *s, uint32_t state)
{
    struct ck_pid_entry *e;

    if (!s->me.vpid)
        return;
    e = ck_pid_find(s->table, (int32_t)s->me.vpid);
    if (!e)
        FAIL(s, "%s", "its number is not in the pid table");
    if (state == CK_PID_EXISTS)
        __atomic_store_n(&e->real, (int32_t)sys0(SYS_getpid),
                         __ATOMIC_RELAXED);
    ck_blob_raise(&e->state, state);
}

/* ---- operations ---- */

static _Noreturn void run(struct self *s, uint32_t actor);

static void exec_actor(struct self *s, uint32_t actor)
{
    char audit[1200], dir[1200], plan[64];
    char *argv[] = {(char *)s->me.exe, NULL};
    /* dir: by which it is found (cli/members.c) */
    char *env[] = {audit, plan, dir, (char *)CK_PLAN_TUNABLES, NULL};
    long r;

    ck_fmt(audit, sizeof(audit), "LD_AUDIT=%s", s->head.restorer);
    ck_fmt(plan, sizeof(plan), CK_PLAN_ENV "=%u:%u", s->head.plan_fd, actor);
    ck_fmt(dir, sizeof(dir), "CKPT_DIR=%s", s->head.job_dir);
    r = sys3(SYS_execve, s->me.exe, argv, env);
    FAIL(s, "its program %s can't be executed (error %ld)", s->me.exe, -r);
}

static int load_actor(struct self *s, uint32_t actor)
{
    struct ck_rd r;
    uint64_t off, len;

    if (actor >= s->nactors)
        return -EBADMSG;
    ck_rd_init(&r, (const uint8_t *)s->head.actors.p + actor * 8, 8);
    off = ck_get_uint(&r, 4);
    len = ck_get_uint(&r, 4);
    if (off > s->head.words_off || len > s->head.words_off - off)
        return -EBADMSG;
    ck_rd_init(&r, s->plan + off, len);
    s->actor = actor;
    return ck_plan_actor_get(&r, &s->me);
}

static void op_fork(struct self *s, const struct ck_op_fork *op)
{
    long pid;

    if (op->actor >= s->nactors)
        FAIL(s, "%s", "damaged plan");
    pid = sys5(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        if (s->coord_fd >= 0)
            sys1(SYS_close, s->coord_fd);
        s->coord_fd = -1;
        if (load_actor(s, op->actor))
            FAIL(s, "%s", "damaged plan");
        if (s->me.exe[0])
            exec_actor(s, op->actor);
        run(s, op->actor);
    }
    if (pid < 0)
        FAIL(s, "no more processes (error %ld): see ulimit -u", -pid);
    s->pids[op->actor] = (int32_t)pid;
}

static void op_reap(struct self *s, const struct ck_op_reap *op)
{
    int status = -1;
    long r = -ECHILD;

    if (op->actor < s->nactors && s->pids[op->actor] > 0)
        do
            r = sys4(SYS_wait4, s->pids[op->actor], &status, 0, 0);
        while (r == -EINTR);
    if (r < 0 || status)
        FAIL(s, "a helper process failed (%ld, status %x)", r,
             (unsigned)status);
}

static void op_corpse(struct self *s, const struct ck_op_corpse *op)
{
    struct ck_pid_entry *e = ck_pid_find(s->table, (int32_t)op->vpid);
    long r = -ECHILD;

    if (e && !wait_word(s, &e->state, CK_PID_EXISTS))
        do
            r = sys5(SYS_waitid, P_PID, e->real, 0, WEXITED | WNOWAIT, 0);
        while (r == -EINTR);
    if (r < 0)
        FAIL(s, "its dead child %u can't be put back (error %ld)", op->vpid,
             r);
}

/* In place of a batch step's shell the process leads its session already. */
static void op_setsid(struct self *s)
{
    long r = sys0(SYS_setsid);

    if (r < 0 && sys1(SYS_getsid, 0) != sys0(SYS_getpid))
        FAIL(s, "setsid failed (error %ld)", -r);
    publish(s, CK_PID_SESSION);
}

static void op_setpgid(struct self *s, const struct ck_op_setpgid *op)
{
    struct ck_pid_entry *e;
    long r;

    if (op->vpgid == s->me.vpid) {
        r = sys2(SYS_setpgid, 0, 0);
        if (r < 0 && sys1(SYS_getpgid, 0) != sys0(SYS_getpid))
            FAIL(s, "can't make its process group (error %ld)", -r);
        publish(s, CK_PID_GROUP);
        return;
    }
    e = ck_pid_find(s->table, (int32_t)op->vpgid);
    if (!e)
        FAIL(s, "process group %u is not in the pid table", op->vpgid);
    if (wait_word(s, &e->state, CK_PID_GROUP))
        FAIL(s, "the leader of process group %u did not come up in %u s",
             op->vpgid, s->head.limit_ms / 1000);
    if (sys1(SYS_getpgid, 0) == e->real)
        return;
    r = sys2(SYS_setpgid, 0, e->real);
    /* The surroundings need not have a group like the one that was there. */
    if (r < 0 && !op->outside)
        FAIL(s, "can't join process group %u (error %ld)", op->vpgid, -r);
}

/* The surroundings' terminal only if it is theirs to give: their group has
 * it. */
static void op_terminal(struct self *s, const struct ck_op_terminal *op)
{
    struct ck_pid_entry *e = ck_pid_find(s->table, (int32_t)op->vpgid);
    uint64_t ttou = 1ull << (SIGTTOU - 1);
    int32_t now = 0;
    long r;

    if (!e || sys3(SYS_ioctl, op->fd, TIOCGPGRP, &now) < 0 ||
        (!op->ours && now != s->outside) ||
        wait_word(s, &e->state, CK_PID_GROUP))
        return;
    sys4(SYS_rt_sigprocmask, SIG_BLOCK, &ttou, 0, 8);
    r = sys3(SYS_ioctl, op->fd, TIOCSPGRP, &e->real);
    sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &ttou, 0, 8);
    if (r < 0 && op->ours)
        FAIL(s, "can't give its terminal to process group %u (error %ld)",
             op->vpgid, -r);
}

static void op_ctty(struct self *s, const struct ck_op_ctty *op)
{
    long r = sys3(SYS_ioctl, op->fd, TIOCSCTTY, 0);

    if (r < 0)
        FAIL(s, "can't have its controlling terminal again (error %ld)", -r);
}

static uint32_t *word_of(struct self *s, uint32_t i)
{
    if (i >= s->head.words)
        FAIL(s, "%s", "damaged plan");
    return &s->words[i];
}

static void op_joined(struct self *s, const struct ck_op_joined *op)
{
    uint32_t *w = word_of(s, op->word);

    __atomic_add_fetch(w, op->count, __ATOMIC_RELEASE);
    sys6(SYS_futex, w, FUTEX_WAKE, 0x7fffffff, 0, 0, 0);
}

static void op_await(struct self *s, const struct ck_op_await *op)
{
    uint32_t *w = word_of(s, op->word);

    if (wait_word(s, w, op->count))
        FAIL(s, "it waits for %u processes to take their places among the "
             "others, and only %u did in %u s", op->count, *w,
             s->head.limit_ms / 1000);
}

static void op_dup(struct self *s, const struct ck_op_dup *op)
{
    long r = sys3(SYS_dup3, op->src, op->dst, op->cloexec ? O_CLOEXEC : 0);

    if (r < 0)
        FAIL(s, "descriptor %u can't be put in place (error %ld)", op->dst,
             -r);
}

static void op_chdir(struct self *s, const struct ck_op_chdir *op)
{
    long r = sys1(SYS_chdir, op->path);

    if (r < 0)
        FAIL(s, "its working directory %s can't be entered (error %ld)",
             op->path, -r);
}

/* Not all of a descriptor is inherited: what it is of may be made later. */
static int32_t await_process(struct self *s, uint32_t vpid)
{
    struct ck_pid_entry *e = ck_pid_find(s->table, (int32_t)vpid);

    if (!e)
        FAIL(s, "process %u, which it has open, has no number", vpid);
    if (wait_word(s, &e->state, CK_PID_EXISTS))
        FAIL(s, "process %u, which it has open, did not come up", vpid);
    return e->real;
}

static void op_pidfd(struct self *s, const struct ck_op_pidfd *op)
{
    int32_t real = await_process(s, op->vpid);
    long fd = sys2(SYS_pidfd_open, real, op->flags);

    if (fd < 0)
        FAIL(s, "no pidfd of process %u (error %ld)", op->vpid, -fd);
    sys3(SYS_dup3, fd, op->dst, 0);
    sys1(SYS_close, fd);
}

static void op_file(struct self *s, const struct ck_op_file *op)
{
    int32_t real = await_process(s, op->vpid);
    long r = ck_blob_file(op, real, s->head.limit_ms);

    if (r < 0)
        FAIL(s, "can't open %s of process %u (%ld)", op->path, op->vpid, -r);
}

static void op_open(struct self *s, const struct ck_op_open *op)
{
    long r = ck_blob_open(op);

    if (r < 0)
        FAIL(s, "%s can't be opened again (error %ld)", op->path, -r);
}

static void op_owner(struct self *s, const struct ck_op_owner *op)
{
    struct ck_pid_entry *e = ck_pid_find(s->table, (int32_t)op->vpid);

    if (e && wait_word(s, &e->state, op->type == F_OWNER_PGRP
                                         ? CK_PID_GROUP
                                         : CK_PID_EXISTS))
        FAIL(s, "process %u, which gets the signals of descriptor %u, did not "
             "come up", op->vpid, op->fd);
    ck_blob_owner(op, e ? e->real : 0);
}

static void op_epoll(struct self *s, const struct ck_op_epoll *op)
{
    long r = ck_blob_epoll(op);

    if (r < 0)
        FAIL(s, "descriptor %u can't be watched by an epoll set (error %ld)",
             op->fd, -r);
}

static void *room(struct self *s, size_t n)
{
    long p = sys6(SYS_mmap, 0, n, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (sys_failed(p))
        FAIL(s, "no memory (error %ld)", -p);
    return (void *)p;
}

/* NUL-separated strings -> pointers to them, with a NULL behind. */
static const char **vector(struct self *s, struct ck_blob b)
{
    const char *p = b.p, **v;
    uint32_t n = 0;

    for (uint32_t i = 0; i < b.n; i++)
        n += !p[i];
    if (b.n && p[b.n - 1])
        FAIL(s, "%s", "damaged plan");
    v = room(s, (n + 1) * sizeof(*v));
    for (uint32_t i = 0, k = 0; k < n; i++) {
        if (i == 0 || !p[i - 1])
            v[k++] = p + i;
    }
    v[n] = NULL;
    return v;
}

static void op_execve(struct self *s, const struct ck_op_execve *op)
{
    const char **argv = vector(s, op->argv), **env = vector(s, op->env);
    long r = sys3(SYS_execve, op->exe, argv, env);

    FAIL(s, "%s can't be executed again (error %ld)", op->exe, -r);
}

static void op_restore(struct self *s, const struct ck_op_restore *op)
{
    uint32_t nshm = s->head.shm.n / 20;
    struct ck_blob_shm *shm = room(s, (nshm + 1) * sizeof(*shm));
    struct ck_blob_args args = {
        .image_fd = (int)s->head.image_no,
        .coord_fd = s->coord_fd,
        .generation = s->head.generation,
        .vpid = s->me.vpid,
        .threads = op->readers,
        .nshm = nshm,
        .shm = shm,
        .job_dir = s->head.job_dir,
        .pidtable = s->head.pidtable,
        .tree = s->head.tree,
        .stdio = s->head.stdio,
    };
    char path[1400];
    struct ck_rd r;
    long fd;

    ck_rd_init(&r, s->head.shm.p, s->head.shm.n);
    for (uint32_t i = 0; i < nshm; i++) {
        shm[i].dev = ck_get_uint(&r, 8);
        shm[i].ino = ck_get_uint(&r, 8);
        shm[i].fd = (int32_t)ck_get_uint(&r, 4);
    }
    ck_fmt(path, sizeof(path), "%s/%s", s->head.set_dir, op->image);
    fd = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        FAIL(s, "%s can't be opened (error %ld)", path, -fd);
    if (fd != args.image_fd) {
        sys3(SYS_dup3, fd, args.image_fd, O_CLOEXEC);
        sys1(SYS_close, fd);
    }
    ck_blob_restore(&args);
}

/* A wait status is made by ending in that way. No core is dumped for it. */
static _Noreturn void op_exit(const struct ck_op_exit *op)
{
    struct rlimit none = {0, 0};
    int sig = op->status & 0x7f;

    if (sig) {
        sys4(SYS_prlimit64, 0, RLIMIT_CORE, &none, 0);
        sys2(SYS_kill, sys0(SYS_getpid), sig);
    }
    for (;;)
        sys1(SYS_exit_group, op->status >> 8 & 0xff);
}

/* ---- the interpreter ---- */

#define OP(TYPE, name, call)                \
    case CK_OP_T_##TYPE: {                  \
        struct ck_op_##name op;             \
                                            \
        if (ck_op_##name##_get(&r, &op))    \
            return -EBADMSG;                \
        call;                               \
        return 0;                           \
    }

static int step(struct self *s, uint16_t code, struct ck_rd r)
{
    char why[256] = "";

    switch (code) {
        OP(CONNECT, connect,
           if (connect_coordinator(s, why, sizeof(why))) FAIL(s, "%s", why))
        OP(FORK, fork, op_fork(s, &op))
        OP(REAP, reap, op_reap(s, &op))
        OP(CORPSE, corpse, op_corpse(s, &op))
        OP(SETSID, setsid, op_setsid(s))
        OP(SETPGID, setpgid, op_setpgid(s, &op))
        OP(JOINED, joined, op_joined(s, &op))
        OP(AWAIT, await, op_await(s, &op))
        OP(SUBREAPER, subreaper, sys5(SYS_prctl, PR_SET_CHILD_SUBREAPER, op.on,
                                      0, 0, 0))
        OP(CHDIR, chdir, op_chdir(s, &op))
        OP(UMASK, umask, sys1(SYS_umask, op.mask))
        OP(DUP, dup, op_dup(s, &op))
        OP(CLOSE, close, sys3(SYS_close_range, op.first, op.last, 0))
        OP(LIMIT, limit, ck_blob_limit(&op))
        OP(EXECVE, execve, op_execve(s, &op))
        OP(RESTORE, restore, op_restore(s, &op))
        OP(EXIT, exit, op_exit(&op))
        OP(TERMINAL, terminal, op_terminal(s, &op))
        OP(PIDFD, pidfd, op_pidfd(s, &op))
        OP(EPOLL, epoll, op_epoll(s, &op))
        OP(FILE, file, op_file(s, &op))
        OP(OPEN, open, op_open(s, &op))
        OP(OWNER, owner, op_owner(s, &op))
        OP(CTTY, ctty, op_ctty(s, &op))
        OP(NOTIFY, notify, ck_blob_notify(&op))
    default:
        return -EBADMSG;
    }
}

static _Noreturn void run(struct self *s, uint32_t actor)
{
    struct ck_rd list;
    int rc = load_actor(s, actor);

    if (!rc)
        publish(s, CK_PID_EXISTS);
    ck_rd_init(&list, s->me.ops.p, s->me.ops.n);
    while (!rc && list.pos < list.len) {
        uint16_t code = (uint16_t)ck_get_uint(&list, 2);
        uint32_t n = (uint32_t)ck_get_uint(&list, 4);
        const void *body = ck_get_raw(&list, n);
        struct ck_rd r;

        if (!body)
            break;
        ck_rd_init(&r, body, n);
        rc = step(s, code, r);
    }
    FAIL(s, "%s", "damaged plan");
    __builtin_unreachable();
}

static int load_plan(struct self *s, int fd)
{
    size_t size = 0, table = 0;
    struct ck_rd r;
    uint32_t n;

    s->plan = ck_blob_map_shared(fd, &size);
    if (!s->plan)
        return -EBADF;
    ck_rd_init(&r, s->plan, size);
    n = (uint32_t)ck_get_uint(&r, 4);
    if (!ck_get_raw(&r, n))
        return -EBADMSG;
    ck_rd_init(&r, s->plan + 4, n);
    if (ck_plan_head_get(&r, &s->head) || s->head.magic != CK_PLAN_MAGIC ||
        s->head.version != CK_PLAN_VERSION || s->head.size > size ||
        s->head.words_off % 4 || s->head.words_off > s->head.size ||
        s->head.words > (s->head.size - s->head.words_off) / 4)
        return -EBADMSG;
    s->words = (uint32_t *)(s->plan + s->head.words_off);
    s->nactors = s->head.actors.n / 8;
    s->table = (struct ck_pidtable_file *)ck_blob_map_shared(
        (int)s->head.table_fd, &table);
    if (!s->table || s->table->magic != CK_PIDTABLE_MAGIC ||
        s->table->count >
            (table - sizeof(*s->table)) / sizeof(s->table->entry[0]))
        return -EBADMSG;
    return 0;
}

__attribute__((visibility("default"))) unsigned la_version(unsigned version)
{
    struct self s;
    uint32_t actor;
    int fd, rc;

    (void)version;
    if (!ck_blob_find_plan(&fd, &actor))
        return 0;
    ck_blob_reset_signals();
    memset(&s, 0, sizeof(s));
    s.coord_fd = -1;
    s.outside = (int32_t)sys1(SYS_getpgid, 0);
    rc = load_plan(&s, fd);
    if (rc)
        ck_blob_fail(-1, "the restart plan on descriptor %d is damaged "
                     "(error %d)", fd, -rc);
    s.pids = room(&s, s.nactors * sizeof(*s.pids) + 1);
    run(&s, actor);
}
