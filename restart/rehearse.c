/*
 * rehearse.c - see rehearse.h.
 *
 * First the plan, which needs nothing but the image, and whether files could
 * be opened again at all. Then the restart's first half is carried out by a
 * process of its own in an empty world (world.c), by the same code as in a
 * restart, up to the list of operations. What the image has as a file, a
 * terminal or a device is not there and is passed over, and so are contents,
 * of which it is enough that they are saved.
 *
 * A failure that may come from the smaller world, or from having everything
 * twice at this moment, is no verdict. One that is may be due to what is in
 * a queue just now: worth another try. Where a world can't be had, the kinds
 * that need nothing of the outside are made all the same (inner in res.h).
 */
#include "restart/rehearse.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "restart/parts.h"
#include "restart/world.h"

#define LIMIT_MS 10000

/* ---- what needs the image only ---- */

static void start(struct ck_spawn *s, const struct ck_restart_opts *opts,
                  char *why, size_t cap)
{
    *s = (struct ck_spawn){.opts = opts,
                           .table_fd = -1,
                           .plan_fd = -1,
                           .why = why,
                           .whycap = cap};
    why[0] = '\0';
    s->tree.fd = -1;
}

/* Kinds of which this ckpt knows nothing, descriptors that lead nowhere. */
static int check_records(struct ck_spawn *s)
{
    const struct ck_tree_image *m = &s->tree.img;

    for (size_t i = 0; i < m->nofd; i++) {
        if (!ck_res_named(m->ofd[i].kind))
            return ck_res_why(s->why, s->whycap, -EPROTONOSUPPORT,
                              "the image has a descriptor of kind %s, which "
                              "this ckpt does not know", m->ofd[i].kind);
    }
    for (size_t i = 0; i < m->nfd; i++) {
        if (ck_tree_ofd(m, m->fd[i].ofd) < 0)
            return ck_res_why(s->why, s->whycap, -EBADMSG,
                              "process %u: descriptor %u leads to nothing",
                              m->fd[i].vpid, m->fd[i].fd);
    }
    return 0;
}

/* The processes' graph and lists, with any numbers for what is not open. */
static int plan_alone(struct ck_spawn *s)
{
    const struct ck_tree_image *m = &s->tree.img;
    int *src = calloc(m->nofd + 1, sizeof(*src)), rc;
    const struct ck_given given[] = {{0, 0}, {1, 0}, {2, 0}};
    struct ck_blob *env = calloc(m->nproc + 1, sizeof(*env));
    struct ck_plan_facts f = {.src = src,
                              .given = given,
                              .ngiven = 3,
                              .readers = 1,
                              .set_dir = s->opts->set_dir,
                              .env = env};
    struct ck_plan plan;

    rc = src && env ? check_records(s) : -ENOMEM;
    if (!rc) {
        rc = ck_plan_make(&plan, m, &f, s->why, s->whycap);
        if (!rc)
            ck_plan_free(&plan);
    }
    free(src);
    free(env);
    return rc;
}

/* ---- what is tried ---- */

static int (*read_saved)(struct ck_res_source *s, uint32_t id,
                         int (*put)(void *arg, uint64_t off, const void *p,
                                    size_t n),
                         void *arg);

/* Contents stay where they are; what is in a queue is sent. */
static int read_queues(struct ck_res_source *s, uint32_t id,
                       int (*put)(void *arg, uint64_t off, const void *p,
                                  size_t n),
                       void *arg)
{
    const struct ck_tree_image *m = &((struct ck_tree_file *)s)->img;
    long i = ck_tree_ofd(m, id);

    if (i < 0 || ck_res_named(m->ofd[i].kind)->bulk)
        return 0;
    return read_saved(s, id, put, arg);
}

static int is_of(const struct ck_ofd *o, const char *kind, const char *other)
{
    return o && (!strcmp(o->kind, kind) || !strcmp(o->kind, other));
}

/* Does it say something of a restart? The program may have given itself a
 * lower limit of open files than a restart will have; of queues and watches
 * each user has a number. */
static int is_verdict(int rc, const struct ck_spawn *s,
                      const struct ck_world *w)
{
    const struct ck_ofd *o = s->failed;

    switch (-rc) {
    case 0:
    case ENOMEM:
    case ENOBUFS:
    case ENFILE:
    case ENOSPC:
    case EDQUOT:
    case ETOOMANYREFS:
    case ETIMEDOUT:
    case EINTR:
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EACCES:
    case EROFS:
    case ENOSYS:
    case EADDRNOTAVAIL:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EAFNOSUPPORT:
        return 0;
    case EMFILE:
        return s->nofile.rlim_max >= s->opts->nofile &&
               !is_of(o, "mqueue", "inotify");
    case EAGAIN:
        return !w->small && !w->less;
    case EPERM:
        return !w->less && !is_of(o, "tcp", "udp") && !is_of(o, "pipe", "");
    default:
        return 1;
    }
}

/* May it be otherwise in a moment? */
static int is_passing(int rc, const struct ck_ofd *o)
{
    return rc != -EBADMSG && rc != -EMFILE && o &&
           !ck_res_named(o->kind)->bulk;
}

/* In the process that is thrown away. Its last word goes into the pipe. */
static void try_it(struct ck_spawn *s, int tell)
{
    struct ck_restart_opts opts = *s->opts;
    struct ck_world w;
    int rc = ck_world_enter(&w, opts.job_dir);

    if (rc) {
        ck_debug("no namespaces for a rehearsal: %s", strerror(-rc));
    } else {
        opts.job_dir = "/";
        s->trial = CK_IN_WORLD;
    }
    s->opts = &opts;
    read_saved = s->tree.source.read;
    s->tree.source.read = read_queues;
    rc = ck_spawn_numbers(s);
    if (!rc)
        rc = ck_spawn_given(s);
    if (!rc)
        rc = ck_spawn_make(s);
    if (!is_verdict(rc, s, &w)) {
        if (rc)
            ck_debug("rehearsal of tree %s, no verdict: %s", opts.tree,
                     s->why[0] ? s->why : strerror(-rc));
        _exit(0);
    }
    if (!s->why[0])
        ck_res_why(s->why, s->whycap, rc, "%s", strerror(-rc));
    (void)!write(tell, s->why, strlen(s->why) + 1);
    _exit(is_passing(rc, s->failed) ? EAGAIN : -rc);
}

/* What the process says until it ends, or the limit is over. */
static void listen_to(int fd, char *why, size_t cap)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t n = 0;
    ssize_t k = 1;

    while (k > 0 && n + 1 < cap && poll(&p, 1, LIMIT_MS) == 1) {
        k = read(fd, why + n, cap - 1 - n);
        n += k > 0 ? (size_t)k : 0;
    }
    why[n] = '\0';
}

static int try_all(struct ck_spawn *s)
{
    pid_t parent = getpid(), pid;
    int tell[2], status = 0;

    if (pipe2(tell, O_CLOEXEC) < 0)
        return 0;
    pid = fork();
    if (pid == 0) {
        close(tell[0]);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0);
        try_it(s, tell[1]);
    }
    close(tell[1]);
    if (pid > 0) {
        listen_to(tell[0], s->why, s->whycap);
        if (!s->why[0])
            kill(pid, SIGKILL); /* it may have gone on for too long */
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    close(tell[0]);
    return !s->why[0] ? 0 : WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

/* What failed without a reason has its error for one. */
static int end(struct ck_spawn *s, int rc)
{
    if (rc && !s->why[0])
        ck_res_why(s->why, s->whycap, rc, "tree %s: %s", s->opts->tree,
                   strerror(-rc));
    ck_spawn_end(s);
    return rc;
}

int ck_rehearse(const struct ck_restart_opts *opts, char *why, size_t cap)
{
    struct ck_spawn s;
    int rc;

    start(&s, opts, why, cap);
    rc = ck_spawn_open(&s);
    if (!rc)
        rc = plan_alone(&s);
    s.trial = CK_INNER;
    if (!rc)
        rc = ck_spawn_check(&s);
    if (!rc)
        rc = try_all(&s);
    return end(&s, rc);
}

int ck_rehearse_memory(const struct ck_restart_opts *opts, char *why,
                       size_t cap)
{
    struct ck_spawn s;
    int rc;

    start(&s, opts, why, cap);
    s.trial = CK_INNER;
    rc = ck_spawn_open(&s);
    if (!rc)
        rc = ck_spawn_layout(&s);
    return end(&s, rc);
}

int ck_restart_look(const struct ck_restart_opts *opts,
                    void (*found)(void *arg, const char *why), void *arg,
                    char *why, size_t cap)
{
    struct ck_spawn s;
    int rc;

    start(&s, opts, why, cap);
    rc = ck_spawn_open(&s);
    if (!rc)
        rc = plan_alone(&s);
    s.found = found;
    s.arg = arg;
    if (!rc)
        rc = ck_spawn_check(&s);
    rc = end(&s, rc);
    return rc ? rc : (int)s.nfound;
}
