/* m_fds.c - descriptors as such: numbers, flags, which of them share a
 * place in a file, directories, processes; and which are free. */
#include "torture.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void setup(struct inst *t)
{
    NEED(t, (t->fd[0] = open(own_path(t, "deleted"), O_CREAT | O_RDWR, 0600)) >= 0);
    NEED(t, unlink(own_path(t, "deleted")) == 0);
}

/* Two numbers of one description, and a third of its own. */
static void share(struct inst *t, int fd, struct rng *r, int hurt)
{
    int two = fcntl(fd, F_DUPFD_CLOEXEC, 50 + (int)rnd(r, 400)), own;
    char path[60];
    off_t at = (off_t)rnd(r, 10000);

    NEED(t, two >= 50);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    NEED(t, (own = open(path, O_RDONLY)) >= 0);
    SAME(t, lseek(fd, at, SEEK_SET), at);
    nap(t, r);
    SAME(t, lseek(two, 0, SEEK_CUR), at + hurt);
    SAME(t, lseek(own, 0, SEEK_CUR), 0);
    SAME(t, fcntl(two, F_GETFD), FD_CLOEXEC);
    SAME(t, fcntl(own, F_GETFL) & O_ACCMODE, O_RDONLY);
    NEED(t, fcntl(fd, F_SETFL, O_APPEND) == 0);
    nap(t, r);
    NEED(t, fcntl(two, F_GETFL) & O_APPEND);
    NEED(t, fcntl(fd, F_SETFL, 0) == 0);
    NEED(t, close(two) == 0 && close(own) == 0);
}

static void contents(struct inst *t, int fd, unsigned seed)
{
    unsigned char buf[5000];

    SAME(t, pread(fd, buf, sizeof buf, 0), sizeof buf);
    NEED(t, painted(buf, sizeof buf, seed, 0));
}

static void process(struct inst *t, struct rng *r)
{
    siginfo_t si = {.si_pid = 0};
    int fd, tube[2];
    pid_t pid;
    char c;

    NEED(t, pipe(tube) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        close(tube[1]);
        _exit(read(tube[0], &c, 1) != 0);
    }
    NEED(t, (fd = (int)syscall(SYS_pidfd_open, pid, 0)) >= 0);
    nap(t, r);
    close(tube[0]);
    close(tube[1]);
    SAME(t, waitid(P_PIDFD, (id_t)fd, &si, WEXITED), 0);
    SAME(t, si.si_pid, pid);
    close(fd);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    unsigned char buf[5000];
    int fd = t->fd[0];

    for (;;) {
        unsigned seed = rnd(&r, 1u << 30);

        paint(buf, sizeof buf, seed, 0);
        SAME(t, pwrite(fd, buf, sizeof buf, 0), sizeof buf);
        for (int i = 0; i < 4; i++) {
            share(t, fd, &r, damage(t, part));
            contents(t, fd, seed);
            beat(t, part);
        }
        process(t, &r);
    }
}

const struct module module_fds = {.name = "fds", .parts = 1, .solo = 1, .setup = setup, .run = run};
