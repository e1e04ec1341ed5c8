/*
 * scale.c - a coordinator with N tasks: how long a checkpoint's round and a
 * restart's take, and what each task costs it.
 *
 *   scale CKPT DIR TASKS NODES
 *
 * The coordinator is a real one, with its real protocol, its files and one
 * connection per process, as a job has; the processes are sockets of this
 * program, which answer at once and write five bytes for an image. So what is
 * measured is the coordinator and the file system's metadata, and neither
 * memory nor a network. Prints one line of figures; exit 1 when something
 * does not happen within ten minutes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/jobdir.h"
#include "lib/proto/client.h"

#define LIMIT_S 600
#define SHELL 10 /* numbers: the batch script, its srun, then the tasks */
#define SRUN 11
#define FIRST 100

struct peer {
    int fd;
    uint8_t role, kind;
    uint32_t pid;
    char node[16], tree[32];
    struct ck_client_rx rx;
    uint8_t buf[1024];
};

static const char *ckpt, *dir;
static struct peer *process, *helper, control;
static unsigned n, nodes, nhelpers, back;
static int ep, over; /* over: the command is answered */
static uint8_t out[4096];
static pid_t coordinator;
static char set_dir[CK_PATH];

static void fail(const char *what, long code)
{
    fprintf(stderr, "scale: %s (%ld)\n", what, code);
    if (coordinator > 0)
        kill(coordinator, SIGKILL);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#define SEND(p, name, TYPE, ...)                                            \
    do {                                                                    \
        struct ck_msg_##name m_ = {__VA_ARGS__};                            \
        long r_ = CK_CLIENT_SEND((p)->fd, out, sizeof out, name, TYPE, &m_); \
                                                                            \
        if (r_ < 0)                                                         \
            fail("cannot send " #TYPE, r_);                                 \
    } while (0)

/* ---- the coordinator ---- */

static void start(int restore)
{
    char set[16];
    const char *argv[] = {ckpt, "coordinator", "--foreground", "--unkept",
                          "--dir", dir, "--limit-stop", "600",
                          "--limit-drain", "600", "--limit-first", "600",
                          "--limit-restore", "600", restore ? "--restore" :
                          NULL, set, NULL};
    struct ck_coord_addr a;

    snprintf(set, sizeof set, "%d", restore);
    coordinator = fork();
    if (coordinator == 0) {
        execv(ckpt, (char **)argv);
        _exit(127);
    }
    for (int i = 0; i < LIMIT_S * 100; i++) {
        if (ck_jobdir_addr_read(dir, &a, NULL) == 0 && a.pid == coordinator)
            return;
        usleep(10000);
    }
    fail("the coordinator does not start", 0);
}

static void stop(void)
{
    kill(coordinator, SIGKILL);
    waitpid(coordinator, NULL, 0);
    ck_jobdir_addr_remove(dir);
}

/* Its processor time in seconds, and the most memory that it had, in KiB. */
static double cpu(long *kib)
{
    char path[64], line[256];
    unsigned long user = 0, sys = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)coordinator);
    f = fopen(path, "re");
    if (!f || fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
                        "%lu %lu", &user, &sys) != 2)
        fail("the coordinator has ended", 0);
    fclose(f);
    snprintf(path, sizeof path, "/proc/%d/status", (int)coordinator);
    f = fopen(path, "re");
    *kib = 0;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %ld", kib) == 1)
            break;
    if (f)
        fclose(f);
    return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static double file_mb(const char *name)
{
    char path[CK_PATH + 64];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return stat(path, &st) == 0 ? (double)st.st_size / 1e6 : 0;
}

/* ---- the peers ---- */

static void join(struct peer *p, uint8_t role)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = p};
    char why[256] = "";
    long fd = ck_client_connect(dir, role, LIMIT_S * 1000, why, sizeof why);

    if (fd < 0)
        fail(why, fd);
    p->fd = (int)fd;
    p->role = role;
    ck_client_rx_init(&p->rx, p->buf, sizeof p->buf);
    if (epoll_ctl(ep, EPOLL_CTL_ADD, p->fd, &ev) < 0)
        fail("epoll", -errno);
}

static void name(unsigned i)
{
    struct peer *p = &process[i];

    p->kind = i == 1 ? CK_KIND_REEXEC : CK_KIND_SAVED;
    p->pid = i == 0 ? SHELL : i == 1 ? SRUN : FIRST + i;
    snprintf(p->node, sizeof p->node, "n%u",
             i < 2 ? 0 : (unsigned)((uint64_t)(i - 2) * nodes / (n - 2)));
    if (i < 2)
        strcpy(p->tree, "batch");
    else
        snprintf(p->tree, sizeof p->tree, "srun-%d.%u", SRUN, i - 2);
}

static void introduce(struct peer *p)
{
    join(p, CK_ROLE_PROCESS);
    SEND(p, register, REGISTER, .pid = p->pid, .start = 1000 + p->pid,
         .vpid = p->pid, .kind = p->kind, .root = p->pid != SRUN,
         .node = p->node, .tree = p->tree, .command = "task");
}

static void image(const struct peer *p, uint32_t id, const char *fmt)
{
    char path[CK_PATH + 128], file[96];
    int fd;

    snprintf(file, sizeof file, fmt, p->tree, p->pid);
    snprintf(path, sizeof path, "%s/%s", set_dir, file);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "image", 5) != 5)
        fail(path, -errno);
    close(fd);
    SEND(p, written, WRITTEN, .id = id, .file = file, .bytes = 5,
         .raw_bytes = 10, .checksum = 1);
}

static void capture(const struct peer *of, uint32_t id)
{
    struct peer *h = &helper[nhelpers++];

    strcpy(h->tree, of->tree);
    join(h, CK_ROLE_CAPTURE);
    SEND(h, capture_hello, CAPTURE_HELLO, .id = id, .tree = h->tree);
}

#define ON(TYPE, name)                                                      \
    case CK_MSG_##TYPE: {                                                   \
        struct ck_msg_##name m;                                             \
                                                                            \
        if (CK_DECODE(f, name, &m) < 0)                                     \
            fail("a message cannot be read: " #TYPE, 0);
#define END_ON                                                              \
        break;                                                              \
    }

static void answer(struct peer *p, const struct ck_frame *f)
{
    static const uint32_t child[] = {SRUN};

    switch (f->type) {
    ON(STOP, stop)
        SEND(p, stopped, STOPPED, .id = m.id, .threads = 1, .bytes = 1 << 20,
             .children = {child, p->pid == SHELL ? sizeof child : 0});
    END_ON
    ON(DRAIN, drain)
        SEND(p, drained, DRAINED, .id = m.id);
    END_ON
    ON(CAPTURE, capture)
        snprintf(set_dir, sizeof set_dir, "%s", m.set_dir);
        capture(p, m.id);
    END_ON
    ON(CAPTURE_LIST, capture_list)
        SEND(p, snapped, SNAPPED, .id = m.id);
        image(p, m.id, "tree.%s.img");
    END_ON
    ON(REHEARSE, rehearse)
        SEND(p, rehearsed, REHEARSED, .id = m.id);
    END_ON
    ON(SNAPSHOT, snapshot)
        SEND(p, snapped, SNAPPED, .id = m.id, .stall_us = 1000);
        if (p->kind == CK_KIND_SAVED)
            image(p, m.id, "proc.%s.%u.img");
    END_ON
    ON(GO, go)
        back += p->kind == CK_KIND_SAVED;
        if (p->kind == CK_KIND_REEXEC)
            SEND(p, restored, RESTORED, .vpid = p->pid, .threads = 1);
    END_ON
    ON(ABORT, abort)
        fail(m.reason, f->type);
    END_ON
    ON(REPLY, reply)
        over |= m.final;
        if (m.code < 0)
            fail(m.text, m.code);
    END_ON
    default: /* WELCOME, RESUME */
        break;
    }
}

/* Until done() or the limit; the coordinator closes helpers itself. */
static void serve(int (*done)(void), const char *what)
{
    double end = now() + LIMIT_S;
    struct epoll_event ev[256];

    while (!done()) {
        int k = epoll_wait(ep, ev, 256, 1000);

        if (now() > end)
            fail(what, 0);
        for (int i = 0; i < k; i++) {
            struct peer *p = ev[i].data.ptr;
            struct ck_frame f;
            long r;

            while ((r = ck_client_recv(p->fd, &p->rx, 0, &f)) > 0)
                answer(p, &f);
            if (r == -EPIPE && p->role == CK_ROLE_CAPTURE) {
                close(p->fd);
                p->fd = -1;
            } else if (r < 0) {
                fail("a connection is lost", r);
            }
        }
    }
}

static int is_over(void) { return over; }
static int all_back(void) { return back == n - 1; }

static void command(uint8_t cmd, uint32_t flags, const char *what)
{
    over = 0;
    SEND(&control, command, COMMAND, .cmd = cmd, .flags = flags);
    serve(is_over, what);
}

/* Everybody registers; until the coordinator has read all. */
static double registers(void)
{
    double t = now();

    for (unsigned i = 0; i < n; i++)
        introduce(&process[i]);
    join(&control, CK_ROLE_CONTROL);
    command(CK_CMD_INTERVAL, 0, "the registrations");
    return now() - t;
}

static void leave(void)
{
    for (unsigned i = 0; i < n; i++)
        close(process[i].fd);
    for (unsigned i = 0; i < nhelpers; i++)
        if (helper[i].fd >= 0)
            close(helper[i].fd);
    close(control.fd);
}

static double restores(void)
{
    double t = now();

    introduce(&process[1]);
    for (unsigned i = 0; i < n; i++) {
        struct peer *p = &process[i];

        if (i == 1)
            continue;
        join(p, CK_ROLE_RESTORING);
        SEND(p, restoring, RESTORING, .pid = p->pid, .start = 1000 + p->pid,
             .vpid = p->pid, .node = p->node, .tree = p->tree);
        SEND(p, restored, RESTORED, .vpid = p->pid, .threads = 1,
             .bytes = 1 << 20);
    }
    serve(all_back, "the restart");
    return now() - t;
}

int main(int argc, char **argv)
{
    struct rlimit r;
    double reg, check, rest, cpu1, cpu2;
    long kib, before, later;

    if (argc != 5) {
        fprintf(stderr, "usage: scale CKPT DIR TASKS NODES\n");
        return 2;
    }
    ckpt = argv[1];
    dir = argv[2];
    n = (unsigned)atoi(argv[3]) + 2;
    nodes = (unsigned)atoi(argv[4]);
    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    if (r.rlim_max < 2ull * n + 100)
        fail("ulimit -n is too low", (long)r.rlim_max);
    process = calloc(n, sizeof *process);
    helper = calloc(n, sizeof *helper);
    ep = epoll_create1(EPOLL_CLOEXEC);
    if (!process || !helper || ep < 0)
        fail("out of memory", 0);
    for (unsigned i = 0; i < n; i++)
        name(i);
    start(0);
    cpu(&before);
    reg = registers();
    cpu(&kib);
    check = now();
    command(CK_CMD_CHECKPOINT, CK_CMD_WAIT, "the checkpoint");
    check = now() - check;
    cpu1 = cpu(&later);
    printf("%7u %5u  %8.2f %8.2f ", n - 2, nodes, reg, check);
    fflush(stdout);
    stop();
    leave();
    nhelpers = 0;
    start(1);
    rest = restores();
    cpu2 = cpu(&kib);
    printf("%8.2f  %8.2f %8.2f  %7.1f %6.1f  %7.1f %7.1f\n", rest, cpu1, cpu2,
           (double)later / 1024, (double)(later - before) / n,
           file_mb("status.json"), file_mb("set-000001/MANIFEST"));
    stop();
    return 0;
}
