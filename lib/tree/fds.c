/*
 * fds.c - the descriptors of all processes, and which of them are one open
 * file description.
 *
 * Sorted first by what can be seen (device, inode, position, flags), then,
 * among those that look the same, by the kernel's own order of descriptions
 * (kcmp), so that the cost is that of sorting. A launcher is executed again
 * and opens its own things then: of its descriptors only those count that
 * it was given, that is 0 to 2 and what it shares with a saved process; and
 * the files that it reads and writes for its tasks, which go on where they
 * are.
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
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/image/stdio.h"
#include "lib/proto/messages.h"
#include "lib/res/noted.h"

struct seen {
    uint32_t proc;
    pid_t pid, tid;
    int fd;
    int cloexec;
    int rank; /* enum rank */
    int asked; /* what it carries is known */
    int stream; /* a launcher reads or writes it for its tasks */
    unsigned flags;
    uint64_t pos;
    struct stat st;
    char *link, *info, *lock;
};

/* Of equals the one with the lowest rank stands for the description. A
 * carried one is no process's: it was found in another description and is a
 * descriptor of ours. */
enum rank { SAVED, LAUNCHER, CARRIED };

struct list {
    struct seen *v;
    size_t n, cap;
};

/* Appends the "lock:" lines of fdinfo that are of one kind. */
static int add_locks(char **to, const char *info, const char *kind)
{
    size_t n = *to ? strlen(*to) : 0;

    for (const char *p = strstr(info, "lock:\t"); p;
         p = strstr(p, "lock:\t")) {
        size_t len = strcspn(p += 6, "\n");
        char *more, *is = memmem(p, len, kind, strlen(kind));

        if (!is)
            continue;
        more = realloc(*to, n + len + 2);
        if (!more)
            return -ENOMEM;
        memcpy(more + n, p, len);
        memcpy(more + n + len, "\n", 2);
        n += len + 1;
        *to = more;
    }
    return 0;
}

static int read_info(const char *base, struct seen *s)
{
    char path[128], *text, *p;
    size_t len;

    snprintf(path, sizeof(path), "%s/fdinfo/%d", base, s->fd);
    text = ck_proc_slurp(path, &len);
    if (!text)
        return -errno;
    p = strstr(text, "pos:");
    s->pos = p ? strtoull(p + 4, NULL, 10) : 0;
    p = strstr(text, "flags:");
    s->flags = p ? (unsigned)strtoul(p + 6, NULL, 8) : 0;
    s->cloexec = !!(s->flags & O_CLOEXEC);
    s->flags &= ~(unsigned)O_CLOEXEC;
    s->info = text;
    return add_locks(&s->lock, text, "");
}

/* A description from ioctl(TIOCGPTPEER) or mq_open() keeps the O_CLOEXEC it
 * was asked for, and fdinfo shows that with each of its descriptors. Whether
 * one has it can't be seen then: the standard ones hardly do. */
static void mend_cloexec(struct seen *s)
{
    struct ck_res_ofd o = {.pid = s->pid, .tid = s->tid, .fd = s->fd};
    int fd;

    if (!s->cloexec || s->fd > 2)
        return;
    fd = ck_res_take(&o);
    if (fd < 0)
        return;
    if (fcntl(fd, F_GETFL) & O_CLOEXEC)
        s->cloexec = 0;
    close(fd);
}

static struct seen *room(struct list *l)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        struct seen *more = realloc(l->v, cap * sizeof(*more));

        if (!more)
            return NULL;
        l->v = more;
        l->cap = cap;
    }
    memset(&l->v[l->n], 0, sizeof(*l->v));
    return &l->v[l->n];
}

/* base: "/proc/PID" of who has the descriptor s->fd. */
static int look(const char *base, struct seen *s, struct list *l)
{
    char path[128], target[PATH_MAX + 16];
    ssize_t n;
    int rc;

    snprintf(path, sizeof(path), "%s/fd/%d", base, s->fd);
    n = readlink(path, target, sizeof(target) - 1);
    if (n < 0 || stat(path, &s->st) < 0)
        return -errno;
    target[n] = '\0';
    rc = read_info(base, s);
    if (rc)
        return rc;
    mend_cloexec(s);
    s->link = strdup(target);
    l->n++;
    return s->link ? 0 : -ENOMEM;
}

static int look_at_number(struct ck_capture *c, size_t proc, int fd,
                          struct list *l)
{
    const struct ck_capture_proc *p = &c->proc[proc];
    struct seen *s = room(l);
    int rc;

    if (!s)
        return -ENOMEM;
    s->proc = (uint32_t)proc;
    s->fd = fd;
    s->pid = s->tid = p->pid;
    sscanf(p->base, "/proc/%*d/task/%d", &s->tid);
    s->rank = p->kind == CK_KIND_REEXEC ? LAUNCHER : SAVED;
    rc = look(p->base, s, l);
    if (rc)
        ck_res_why(c->why, c->whycap, rc,
                   "process %d (%s): can't look at its descriptor %d: %s",
                   p->pid, p->comm, fd, strerror(-rc));
    return rc;
}

/* What a launcher has opened to read it for its tasks. */
static void read_inputs(pid_t pid, int32_t fd[CK_INPUTS_MAX])
{
    struct ck_watched_head head;
    ssize_t size = CK_INPUTS_MAX * sizeof(*fd);
    int mem = ck_res_noted(pid, &head);

    if (mem < 0 || pread(mem, fd, (size_t)size, (off_t)head.inputs) != size)
        memset(fd, 0xff, (size_t)size);
    if (mem >= 0)
        close(mem);
}

static int is_stream(const struct seen *s, const int32_t fd[CK_INPUTS_MAX])
{
    if (s->rank != LAUNCHER || s->fd <= 2)
        return 0;
    if ((s->flags & O_ACCMODE) != O_RDONLY)
        return S_ISREG(s->st.st_mode) && s->st.st_nlink;
    for (unsigned i = 0; s->cloexec && i < CK_INPUTS_MAX; i++)
        if (fd[i] == s->fd)
            return 1;
    return 0;
}

static int take_carried(void *arg, int fd)
{
    struct list *l = arg;
    struct seen *s = room(l);

    if (!s)
        return -ENOMEM;
    s->fd = fd;
    s->pid = s->tid = getpid();
    s->rank = CARRIED;
    return look("/proc/self", s, l);
}

static int collect(struct ck_capture *c, struct list *l)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < c->nproc; i++) {
        struct ck_capture_proc *p = &c->proc[i];
        int32_t input[CK_INPUTS_MAX];
        char path[96];
        struct dirent *e;
        DIR *d;

        if (p->kind != CK_KIND_SAVED && p->kind != CK_KIND_REEXEC)
            continue;
        if (p->kind == CK_KIND_REEXEC)
            read_inputs(p->pid, input);
        snprintf(path, sizeof(path), "%s/fd", p->base);
        d = opendir(path);
        if (!d)
            return ck_res_why(c->why, c->whycap, -EAGAIN,
                              "process %d (%s): can't look at its "
                              "descriptors: %s", p->pid, p->comm,
                              strerror(errno));
        while (!rc && (e = readdir(d))) {
            if (e->d_name[0] == '.')
                continue;
            rc = look_at_number(c, i, atoi(e->d_name), l);
            if (!rc && p->kind == CK_KIND_REEXEC)
                l->v[l->n - 1].stream = is_stream(&l->v[l->n - 1], input);
        }
        closedir(d);
    }
    return rc;
}

#define ORDER(x, y) \
    if ((x) != (y)) \
    return (x) < (y) ? -1 : 1

static int by_looks(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;

    ORDER(x->st.st_dev, y->st.st_dev);
    ORDER(x->st.st_ino, y->st.st_ino);
    ORDER(x->st.st_mode & S_IFMT, y->st.st_mode & S_IFMT);
    ORDER(x->flags, y->flags);
    ORDER(x->pos, y->pos);
    return 0;
}

/* Set by by_kernel when kcmp is not there; qsort has no other way. */
static int kcmp_error;

static int by_kernel(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    long r = syscall(SYS_kcmp, x->tid, y->tid, KCMP_FILE, x->fd, y->fd);

    if (r < 0)
        kcmp_error = errno;
    if (r == 0)
        return x->rank - y->rank;
    return r == 1 ? -1 : 1;
}

static int same_ofd(const struct seen *x, const struct seen *y)
{
    return !by_looks(x, y) &&
           syscall(SYS_kcmp, x->tid, y->tid, KCMP_FILE, x->fd, y->fd) == 0;
}

static int sort_all(struct ck_capture *c, struct list *l)
{
    if (!l->n)
        return 0;
    qsort(l->v, l->n, sizeof(*l->v), by_looks);
    for (size_t i = 0, j; i < l->n; i = j) {
        for (j = i + 1; j < l->n && !by_looks(&l->v[i], &l->v[j]);)
            j++;
        if (j - i > 1)
            qsort(l->v + i, j - i, sizeof(*l->v), by_kernel);
    }
    if (kcmp_error)
        return ck_res_why(c->why, c->whycap, -kcmp_error,
                          "the kernel does not tell which descriptors are "
                          "shared (kcmp: %s)", strerror(kcmp_error));
    return 0;
}

/* A group of equals becomes one OFD, unless only launchers have it, and
 * none of them as what it was given at its start. */
static int wanted(const struct seen *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i].rank != LAUNCHER || s[i].fd <= 2 || s[i].stream)
            return 1;
    }
    return 0;
}

static void describe(const struct ck_capture *c, const struct seen *s,
                     struct ck_res_ofd *o)
{
    *o = (struct ck_res_ofd){
        .pid = s->pid,
        .tid = s->tid,
        .fd = s->fd,
        .flags = s->flags,
        .pos = s->pos,
        .st = s->st,
        .link = s->link,
        .info = s->info,
        .lock = s->lock ? s->lock : "",
    };
    o->ngiven = ck_given_numbers(c->in->stdio, &s->st, o->given, CK_RES_GIVEN);
    if (S_ISSOCK(s->st.st_mode))
        ck_res_socket(o);
}

/* The locks of the description stand with each who has it, a record lock only
 * with the process that holds it. */
static int add_group(struct ck_capture *c, struct seen *s, size_t n)
{
    struct ck_res_ofd *o = &c->ofd[c->nofd++];
    int rc = 0;

    for (size_t i = 1; !rc && i < n; i++) {
        if (s[i].pid != s[i - 1].pid && s[i].pid != s->pid)
            rc = add_locks(&s->lock, s[i].info, "POSIX");
    }
    describe(c, s, o);
    o->id = (uint32_t)c->nofd;
    for (size_t i = 0; i < n; i++) {
        struct ck_capture_fd *f = &c->fd[c->nfd];

        if (s[i].rank == CARRIED)
            continue;
        c->nfd++;
        f->proc = s[i].proc;
        f->fd = (uint32_t)s[i].fd;
        /* what it writes it opens again itself */
        f->cloexec = s[i].cloexec || (s->rank == LAUNCHER && s[i].stream);
        f->ofd = o->id;
    }
    return rc;
}

static size_t group_end(const struct list *l, size_t i)
{
    size_t j = i + 1;

    while (j < l->n && same_ofd(&l->v[i], &l->v[j]))
        j++;
    return j;
}

/* Asks each description once for what it carries, and adds that. */
static int ask_all(struct ck_capture *c, struct list *l)
{
    size_t n = l->n;
    int rc = 0;

    for (size_t i = 0, j; !rc && i < n; i = j) {
        const struct ck_res *res;
        struct ck_res_ofd o;
        int asked = 0;

        j = group_end(l, i);
        for (size_t k = i; k < j; k++) {
            asked |= l->v[k].asked;
            l->v[k].asked = 1;
        }
        if (asked || !wanted(&l->v[i], j - i))
            continue;
        describe(c, &l->v[i], &o);
        res = ck_res_match(&o);
        if (res && res->carried)
            rc = res->carried(&o, take_carried, l);
        if (rc)
            ck_res_why(c->why, c->whycap, rc,
                       "process %d: can't look into its descriptor %d: %s",
                       o.pid, o.fd, strerror(-rc));
    }
    return rc;
}

/* Everything that can be reached, sorted, so that equals are neighbours. */
static int find_all(struct ck_capture *c, struct list *l)
{
    size_t before;
    int rc = collect(c, l);

    do {
        before = l->n;
        if (!rc)
            rc = sort_all(c, l);
        if (!rc)
            rc = ask_all(c, l);
    } while (!rc && l->n > before);
    return rc;
}

static int by_number(const void *a, const void *b)
{
    const struct ck_capture_fd *x = a, *y = b;

    ORDER(x->proc, y->proc);
    ORDER(x->fd, y->fd);
    return 0;
}

const struct ck_res_ofd *ck_capture_ofd(const struct ck_capture *c, pid_t pid,
                                        int fd)
{
    const struct ck_capture_proc *p = ck_capture_find(c, pid);
    char path[64];
    struct stat st;

    if (p) {
        struct ck_capture_fd key = {.proc = (uint32_t)(p - c->proc),
                                    .fd = (uint32_t)fd}, *f;

        f = bsearch(&key, c->fd, c->nfd, sizeof(key), by_number);
        return f ? &c->ofd[f->ofd - 1] : NULL;
    }
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
    if (stat(path, &st) < 0)
        return NULL;
    for (size_t i = 0; i < c->nofd; i++) {
        const struct ck_res_ofd *o = &c->ofd[i];

        if (o->st.st_dev == st.st_dev && o->st.st_ino == st.st_ino &&
            syscall(SYS_kcmp, pid, o->tid, KCMP_FILE, fd, o->fd) == 0)
            return o;
    }
    return NULL;
}

void ck_capture_fds_end(struct ck_capture *c)
{
    struct seen *s = c->seen;

    for (size_t i = 0; i < c->nseen; i++) {
        if (s[i].rank == CARRIED)
            close(s[i].fd);
        free(s[i].link);
        free(s[i].info);
        free(s[i].lock);
    }
    free(s);
    free(c->ofd);
    free(c->fd);
    c->seen = NULL;
    c->ofd = NULL;
    c->fd = NULL;
    c->nseen = c->nofd = c->nfd = 0;
}

/* A terminal of the tree's own may have the number, and so the identity, of
 * one that the root was given and that is gone. */
static void keep_own(struct ck_capture *c)
{
    for (size_t i = 0; i < c->nofd; i++) {
        if (c->ofd[i].ngiven && ck_res_pty_own(c->ofd, c->nofd, &c->ofd[i]))
            c->ofd[i].ngiven = 0;
    }
}

int ck_capture_fds(struct ck_capture *c)
{
    struct list l = {0};
    int rc = find_all(c, &l);

    c->seen = l.v;
    c->nseen = l.n;
    c->ofd = calloc(l.n + 1, sizeof(*c->ofd));
    c->fd = calloc(l.n + 1, sizeof(*c->fd));
    if (!c->ofd || !c->fd)
        rc = -ENOMEM;
    for (size_t i = 0, j; !rc && i < l.n; i = j) {
        j = group_end(&l, i);
        if (wanted(&l.v[i], j - i))
            rc = add_group(c, &l.v[i], j - i);
    }
    if (rc)
        return rc;
    keep_own(c);
    qsort(c->fd, c->nfd, sizeof(*c->fd), by_number);
    return 0;
}
