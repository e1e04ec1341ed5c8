/* m_bad.c - calls that are given addresses where nothing is: the kernel says
 * so, and nobody dies of it. Between them lies what may be read to its last
 * byte and no further. */
#include "torture.h"

#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define PAGE 4096

struct bad {
    char *nowhere; /* a page without rights, behind one that has */
    int pair[2], sem;
};

#define FAULTS(t, call)                                                     \
    do {                                                                    \
        errno = 0;                                                          \
        if ((call) != -1 || errno != EFAULT)                                \
            fault(t, __FILE__, __LINE__, "%s: %s", #call, strerror(errno)); \
    } while (0)

static void paths(struct inst *t, const char *bad)
{
    struct stat st;
    char buf[20];

    FAULTS(t, stat(bad, &st));
    FAULTS(t, lstat(bad, &st));
    FAULTS(t, fstatat(AT_FDCWD, bad, &st, 0));
    FAULTS(t, access(bad, R_OK));
    FAULTS(t, open(bad, O_RDONLY));
    FAULTS(t, readlink(bad, buf, sizeof buf));
    FAULTS(t, syscall(SYS_access, bad, R_OK));
    FAULTS(t, syscall(SYS_openat, AT_FDCWD, bad, O_RDONLY));
}

static void others(struct inst *t, const struct bad *b, void *bad)
{
    struct sembuf op = {0, -1, 0};
    struct msghdr m = {.msg_control = bad, .msg_controllen = 64};
    struct iovec none;
    sigset_t set;

    sigemptyset(&set);
    FAULTS(t, readlink("/proc/self", bad, 20));
    FAULTS(t, stat("/proc/self/stat", bad));
    FAULTS(t, sendmsg(b->pair[0], bad, 0));
    FAULTS(t, sendmsg(b->pair[0], &m, 0));
    FAULTS(t, nanosleep(bad, NULL));
    FAULTS(t, sigtimedwait(&set, NULL, bad));
    FAULTS(t, semtimedop(b->sem, &op, 1, bad));
    FAULTS(t, semop(b->sem, bad, 1));
    FAULTS(t, fcntl(b->pair[0], F_GETOWN_EX, bad));
    FAULTS(t, syscall(SYS_rt_sigtimedwait, &set, NULL, bad, 8));
    none = (struct iovec){bad, 1};
    FAULTS(t, writev(b->pair[0], &none, 1));
}

/* Up to its last byte it is there. */
static void edge(struct inst *t, struct bad *b)
{
    static const char self[] = "/proc/self";
    char *p = b->nowhere - sizeof self;
    struct timespec *ts = (void *)(b->nowhere - sizeof *ts);
    char text[20];
    ssize_t n;

    memcpy(p, self, sizeof self);
    NEED(t, access(p, R_OK) == 0);
    NEED(t, (n = readlink(p, text, sizeof text - 1)) > 0);
    text[n] = 0;
    SAME(t, atoi(text), getpid());
    *ts = (struct timespec){0, 1000};
    SAME(t, nanosleep(ts, NULL), 0);
    memset(b->nowhere - 9, '/', 9);
    paths(t, b->nowhere - 9);
}

static void setup(struct inst *t)
{
    NEED(t, (t->val[0] = semget(IPC_PRIVATE, 1, 0600)) >= 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct bad b = {.sem = (int)t->val[0]};
    char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    NEED(t, page != MAP_FAILED && mprotect(page + PAGE, PAGE, PROT_NONE) == 0);
    b.nowhere = page + PAGE;
    NEED(t, socketpair(AF_UNIX, SOCK_STREAM, 0, b.pair) == 0);
    for (;;) {
        char *const bad[] = {b.nowhere, (char *)0xffffffffff000000, (char *)16};
        char *p = bad[rnd(&r, 3)];

        if (damage(t, part))
            p = page;
        paths(t, p);
        others(t, &b, p);
        edge(t, &b);
        beat(t, part);
        nap(t, &r);
    }
}

const struct module module_bad = {.name = "bad", .parts = 2, .setup = setup, .run = run};
