/* m_refused.c - what no image can hold (docs/limits.md, "What is refused"),
 * held for a moment now and then. A checkpoint that comes meanwhile has to be
 * refused: none may be committed from which this comes back lost. refusals.list
 * allows the reasons to processes of this name, and to no other. */
#include "torture.h"

#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define NAME "refused"
#define ALIKE "ckpt-writer" /* as one of the runtime's own is called */
#define FORBIDDEN 77
#define HOLD 400000 /* microseconds, at most */

struct hold {
    struct inst *t;
    struct rng r;
    int hurt;
    long long end;
};

static int goes_on(struct hold *h)
{
    nap(h->t, &h->r);
    return now_us() < h->end;
}

/* ---- a thread that has forbidden itself a call ---- */

static void *confined(void *arg)
{
    struct hold *h = arg;
    struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mincore, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | FORBIDDEN),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog p = {sizeof f / sizeof f[0], f};

    NEED(h->t, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    NEED(h->t, h->hurt || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) == 0);
    do {
        NEED(h->t, syscall(SYS_mincore, NULL, 0, NULL) < 0 && errno == FORBIDDEN);
    } while (goes_on(h));
    return NULL;
}

/* ---- a thread with a descriptor table of its own ---- */

static void *apart(void *arg)
{
    struct hold *h = arg;
    int mine;

    NEED(h->t, h->hurt || unshare(CLONE_FILES) == 0);
    NEED(h->t, (mine = open("/dev/null", O_RDONLY)) >= 0);
    do {
        char path[40];

        snprintf(path, sizeof path, "/proc/self/fd/%d", mine);
        NEED(h->t, fcntl(mine, F_GETFD) >= 0);
        NEED(h->t, access(path, F_OK) < 0); /* that shows the first thread's */
    } while (goes_on(h));
    close(mine);
    return NULL;
}

static void by_thread(struct hold *h, void *(*fn)(void *))
{
    pthread_t th;

    SAME(h->t, pthread_create(&th, NULL, fn, h), 0);
    SAME(h->t, pthread_join(th, NULL), 0);
}

/* ---- kernel AIO ---- */

static void aio(struct hold *h)
{
    static char text[512];
    aio_context_t ctx = 0;
    int fd = open(own_path(h->t, "aio"), O_RDWR | O_CREAT, 0600);
    struct iocb cb = {.aio_fildes = (uint32_t)fd, .aio_lio_opcode = IOCB_CMD_PWRITE,
                      .aio_buf = (uintptr_t)text, .aio_nbytes = sizeof text};
    struct iocb *list[1] = {&cb};
    struct io_event ev;

    NEED(h->t, fd >= 0 && syscall(SYS_io_setup, 8, &ctx) == 0);
    if (h->hurt)
        syscall(SYS_io_destroy, ctx);
    do {
        SAME(h->t, syscall(SYS_io_submit, ctx, 1, list), 1);
        SAME(h->t, syscall(SYS_io_getevents, ctx, 1, 1, &ev, NULL), 1);
        SAME(h->t, ev.res, sizeof text);
    } while (goes_on(h));
    SAME(h->t, syscall(SYS_io_destroy, ctx), 0);
    close(fd);
}

/* ---- two processes with one descriptor table ---- */

struct tables {
    struct inst *t;
    int ask[2], answer[2];
};

/* Is the descriptor that it is asked for there? */
static int looks(void *arg)
{
    struct tables *w = arg;
    int fd;
    char yes;

    for (;;) {
        get(w->t, w->ask[0], &fd, sizeof fd);
        if (fd < 0)
            _exit(7);
        yes = fcntl(fd, F_GETFD) >= 0;
        put(w->t, w->answer[1], &yes, 1);
    }
}

static void one_table(struct hold *h)
{
    static char stack[1 << 16] __attribute__((aligned(16)));
    struct tables w = {.t = h->t};
    int fd, end = -1;
    pid_t pid;
    char yes;

    NEED(h->t, pipe(w.ask) == 0 && pipe(w.answer) == 0);
    pid = clone(looks, stack + sizeof stack, SIGCHLD | (h->hurt ? 0 : CLONE_FILES), &w);
    NEED(h->t, pid > 0);
    do {
        NEED(h->t, (fd = fcntl(w.ask[0], F_DUPFD, 100 + (int)rnd(&h->r, 500))) >= 0);
        put(h->t, w.ask[1], &fd, sizeof fd);
        get(h->t, w.answer[0], &yes, 1);
        NEED(h->t, yes);
        close(fd);
    } while (goes_on(h));
    put(h->t, w.ask[1], &end, sizeof end);
    reap(h->t, pid, 7);
    for (int i = 0; i < 2; i++) {
        close(w.ask[i]);
        close(w.answer[i]);
    }
}

/* ---- a child that is not under the runtime, and is called like ours ---- */

static long execute(const char *path, char *const argv[], char *const envp[])
{
    long ret = SYS_execve;

    __asm__ volatile("syscall" : "+a"(ret)
                     : "D"(path), "S"(argv), "d"(envp)
                     : "rcx", "r11", "memory");
    return ret;
}

static void alike(struct hold *h)
{
    char a0[] = ALIKE, a1[] = "--helper", a2[] = "echo", c = 'a';
    char *argv[] = {a0, a1, a2, NULL}, *none[] = {NULL};
    const char *path = own_path(h->t, ALIKE), *name = strrchr(path, '/');
    char link[700];
    int to[2], from[2];
    pid_t pid;

    snprintf(link, sizeof link, "%.*s/" ALIKE, (int)(name - path), path);
    NEED(h->t, symlink(self_path, link) == 0 || errno == EEXIST);
    NEED(h->t, pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
    NEED(h->t, (pid = fork()) >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(to[0], 0) == 0 && dup2(from[1], 1) == 1)
            execute(link, argv, none);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    do {
        put(h->t, to[1], &c, 1);
        get(h->t, from[0], &c, 1);
        if (h->hurt)
            kill(pid, SIGKILL);
    } while (goes_on(h));
    close(to[1]);
    reap(h->t, pid, 0);
    close(from[0]);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);

    prctl(PR_SET_NAME, NAME);
    for (;;) {
        struct hold h = {t, r, damage(t, part), now_us() + rnd(&r, HOLD)};

        switch (rnd(&r, 5)) {
        case 0: by_thread(&h, confined); break;
        case 1: by_thread(&h, apart); break;
        case 2: aio(&h); break;
        case 3: one_table(&h); break;
        default: alike(&h);
        }
        for (unsigned i = rnd(&r, 6); i > 0; i--) {
            for (int k = 0; k < 200; k++)
                nap(t, &r);
            beat(t, part);
        }
        beat(t, part);
    }
}

const struct module module_refused = {.name = "refused", .parts = 1, .solo = 1, .run = run};
