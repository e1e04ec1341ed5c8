/*
 * procs.c - the processes of the tree: what each of them is and has, and
 * the zombies among their children.
 */
#include "lib/tree/capture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/proto/messages.h"
#include "lib/wire/wire.h"

#define MEMBER_SIZE 9

static int by_pid(const void *a, const void *b)
{
    const struct ck_capture_proc *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

struct ck_capture_proc *ck_capture_find(const struct ck_capture *c, pid_t pid)
{
    struct ck_capture_proc key = {.pid = pid};

    return bsearch(&key, c->proc, c->nproc, sizeof(key), by_pid);
}

static int decode_members(struct ck_capture *c)
{
    struct ck_rd r;

    if (c->in->nmembers % MEMBER_SIZE || !c->in->nmembers)
        return ck_res_why(c->why, c->whycap, -EBADMSG,
                          "the coordinator sent a damaged list of processes");
    c->nproc = c->in->nmembers / MEMBER_SIZE;
    c->proc = calloc(c->nproc, sizeof(*c->proc));
    if (!c->proc)
        return -ENOMEM;
    ck_rd_init(&r, c->in->members, c->in->nmembers);
    for (size_t i = 0; i < c->nproc; i++) {
        c->proc[i].pid = (pid_t)ck_get_uint(&r, 4);
        c->proc[i].vpid = (int32_t)ck_get_uint(&r, 4);
        c->proc[i].kind = (uint8_t)ck_get_uint(&r, 1);
    }
    qsort(c->proc, c->nproc, sizeof(*c->proc), by_pid);
    return 0;
}

static char *link_of(const char *base, const char *name)
{
    char path[96], buf[PATH_MAX + 16];
    ssize_t n;

    snprintf(path, sizeof(path), "%s/%s", base, name);
    n = readlink(path, buf, sizeof(buf) - 1);
    if (n < 0)
        return NULL;
    buf[n] = '\0';
    return strdup(buf);
}

/* Is what base/name leads to removed? Then takes the mark off its path. A
 * name may end so by itself, and a removed one's mark may be another's name. */
static int take_deleted(const char *base, const char *name, char *path)
{
    static const char tail[] = " (deleted)";
    size_t n = strlen(path), m = sizeof(tail) - 1;
    struct stat is, there;
    char link[96];

    snprintf(link, sizeof(link), "%s/%s", base, name);
    if (n <= m || strcmp(path + n - m, tail) != 0 ||
        (!stat(link, &is) && !stat(path, &there) && is.st_dev == there.st_dev &&
         is.st_ino == there.st_ino))
        return 0;
    path[n - m] = '\0';
    return 1;
}

/* All thread ids of a process, as the kernel lists them: ascending. */
static int list_tids(pid_t pid, pid_t **out, size_t *n)
{
    char path[64];
    struct dirent *e;
    size_t cap = 0;
    DIR *d;

    *out = NULL;
    *n = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    d = opendir(path);
    if (!d)
        return -errno;
    while ((e = readdir(d))) {
        if (atoi(e->d_name) <= 0)
            continue;
        if (*n == cap) {
            pid_t *more = realloc(*out, (cap = cap * 2 + 16) * sizeof(pid_t));

            if (!more)
                break;
            *out = more;
        }
        (*out)[(*n)++] = atoi(e->d_name);
    }
    closedir(d);
    return *n && !e ? 0 : -ENOMEM;
}

/* The newest thread but the runtime's own. */
static pid_t newest(pid_t pid, const pid_t *tid, size_t n)
{
    char path[64], comm[32];

    while (n-- > 1) {
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid[n]);
        f = fopen(path, "re");
        comm[0] = '\0';
        if (f && !fgets(comm, sizeof(comm), f))
            comm[0] = '\0';
        if (f)
            fclose(f);
        if (strcmp(comm, "ckpt-agent\n"))
            break;
    }
    return tid[n];
}

/* The runtime's own thread has a descriptor table of its own and no part in
 * the program. Every other thread has to share the program's table: nothing
 * can be put back for one that does not. When the first thread has ended, its
 * table is gone, and the newest one stands for it. */
static int read_tids(struct ck_capture *c, struct ck_capture_proc *p)
{
    size_t n, agents = 0;
    pid_t *tid, first;
    struct ck_wr w;
    int rc = list_tids(p->pid, &tid, &n);

    p->tids = rc || !n ? NULL : malloc(n * 4);
    if (!p->tids) {
        free(tid);
        return rc ? rc : -ENOMEM;
    }
    first = p->state == 'Z' ? newest(p->pid, tid, n) : p->pid;
    snprintf(p->base, sizeof(p->base),
             p->state == 'Z' ? "/proc/%d/task/%d" : "/proc/%d", p->pid,
             first);
    ck_wr_init(&w, p->tids, n * 4);
    for (size_t i = 0; i < n && !rc; i++) {
        int ended = p->state == 'Z' && tid[i] == p->pid;

        if (!ended &&
            syscall(SYS_kcmp, first, tid[i], KCMP_FILES, 0, 0) > 0) {
            if (agents++)
                rc = ck_res_why(c->why, c->whycap, -ENOTSUP,
                                "process %d (%s): thread %d has a descriptor "
                                "table of its own: that can't be saved yet",
                                p->pid, p->comm, tid[i]);
            p->agent = tid[i];
            continue;
        }
        if (!ended && syscall(SYS_kcmp, first, tid[i], KCMP_FS, 0, 0) > 0)
            rc = ck_res_why(c->why, c->whycap, -ENOTSUP,
                            "process %d (%s): thread %d has a working "
                            "directory and umask of its own "
                            "(unshare(CLONE_FS)): that can't be saved",
                            p->pid, p->comm, tid[i]);
        ck_put_uint(&w, (uint32_t)ck_pid_virt(&c->table, tid[i]), 4);
    }
    p->ntids = w.len / 4;
    free(tid);
    return rc;
}

/* From 5.9 on the kernel tells how many seccomp filters a process has. */
static unsigned filters(const char *status)
{
    const char *at = strstr(status, "\nSeccomp_filters:");

    return at ? (unsigned)strtoul(at + 17, NULL, 10) : 0;
}

static int read_status(struct ck_capture_proc *p)
{
    char path[96], *text, *at;
    size_t n;

    snprintf(path, sizeof(path), "%s/status", p->base);
    text = ck_proc_slurp(path, &n);
    if (!text)
        return -errno;
    at = strstr(text, "\nTracerPid:");
    p->tracer = at ? (pid_t)strtoul(at + 11, NULL, 10) : 0;
    at = strstr(text, "\nUmask:");
    p->umask = at ? (unsigned)strtoul(at + 7, NULL, 8) : 022;
    p->filters = filters(text);
    free(text);
    return 0;
}

/* A filter can be inherited and not be taken away, but not be asked for. So
 * those are the program's own that whoever started the tree has not got. */
static int check_filters(struct ck_capture *c)
{
    unsigned given = ~0u;

    for (size_t i = 0; i < c->nproc; i++) {
        char path[64], *text;
        unsigned has;
        size_t n;

        if (ck_capture_find(c, c->proc[i].ppid))
            continue;
        snprintf(path, sizeof(path), "/proc/%d/status", c->proc[i].ppid);
        text = ck_proc_slurp(path, &n);
        has = text ? filters(text) : 0;
        given = has < given ? has : given;
        free(text);
    }
    for (size_t i = 0; i < c->nproc; i++) {
        const struct ck_capture_proc *p = &c->proc[i];

        if (p->kind == CK_KIND_SAVED && p->filters > given)
            return ck_res_why(c->why, c->whycap, -ENOTSUP,
                              "process %d (%s) has installed a seccomp "
                              "filter, which can't be saved", p->pid,
                              p->comm);
    }
    return 0;
}

/* Its agent refuses that (runtime/traced.c); the tracer may have come since. */
static int check_tracers(struct ck_capture *c)
{
    for (size_t i = 0; i < c->nproc; i++) {
        const struct ck_capture_proc *p = &c->proc[i];
        const struct ck_capture_proc *by =
            p->tracer ? ck_capture_find(c, p->tracer) : NULL;

        if (by)
            return ck_res_why(c->why, c->whycap, -ENOTSUP,
                              "process %d (%s) is traced by %s (pid %d) of "
                              "the same computation, which can't be put back",
                              p->pid, p->comm, by->comm, by->pid);
    }
    return 0;
}

/* What a launcher is executed with again. */
static int read_launch(struct ck_capture_proc *p)
{
    char path[96];

    snprintf(path, sizeof(path), "%s/cmdline", p->base);
    p->argv = ck_proc_slurp(path, &p->nargv);
    snprintf(path, sizeof(path), "%s/environ", p->base);
    p->env = ck_proc_slurp(path, &p->nenv);
    return p->argv && p->env ? 0 : -errno;
}

static int fill_places(struct ck_capture *c, struct ck_capture_proc *p)
{
    char path[96];

    p->exe = link_of(p->base, "exe");
    p->cwd = link_of(p->base, "cwd");
    if (!p->exe || !p->cwd)
        return -errno;
    p->gone = (uint8_t)take_deleted(p->base, "cwd", p->cwd);
    snprintf(path, sizeof(path), "%s/cwd", p->base);
    if (p->gone && stat(path, &p->cwd_is) < 0)
        return -errno;
    if (take_deleted(p->base, "exe", p->exe))
        return ck_res_why(c->why, c->whycap, -ENOTSUP,
                          "process %d (%s): its program %s was removed or "
                          "replaced while it runs; it can't be started again",
                          p->pid, p->comm, p->exe);
    return 0;
}

static int fill(struct ck_capture *c, struct ck_capture_proc *p)
{
    struct ck_proc_stat st;
    int rc = ck_proc_stat_read(p->pid, &st);

    if (rc)
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "process %d ended during the checkpoint", p->pid);
    p->ppid = st.ppid;
    p->pgid = st.pgid;
    p->sid = st.sid;
    p->state = st.state;
    p->start = st.start;
    snprintf(p->comm, sizeof(p->comm), "%s", st.comm);
    if (p->kind == CK_KIND_STANDIN)
        return 0;
    c->why[0] = '\0';
    rc = read_tids(c, p);
    if (!rc)
        rc = read_status(p);
    if (!rc)
        rc = fill_places(c, p);
    if (!rc && p->kind == CK_KIND_REEXEC)
        rc = read_launch(p);
    if (rc && !c->why[0])
        return ck_res_why(c->why, c->whycap, -EAGAIN,
                          "process %d (%s) can't be looked at: %s%s", p->pid,
                          p->comm, strerror(-rc),
                          rc == -EACCES ? " (has it changed its user, or "
                                          "made itself undumpable?)" : "");
    return rc;
}

int ck_capture_procs(struct ck_capture *c)
{
    int rc = decode_members(c);

    if (!rc)
        rc = ck_capture_table(c);
    for (size_t i = 0; !rc && i < c->nproc; i++)
        rc = fill(c, &c->proc[i]);
    if (!rc)
        rc = check_filters(c);
    return rc ? rc : check_tracers(c);
}
