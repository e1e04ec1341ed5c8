/* m_exec.c - a process that executes itself over and over: number, parent,
 * mask, descriptors and their places live through it; what is to be closed
 * is closed. The one that started it hears of each. */
#include "torture.h"

#define TIMES 20

struct word {
    unsigned n, seed;
    pid_t pid, parent;
};

int exec_again(unsigned n, int fd, unsigned seed)
{
    char a1[] = "--helper", a2[] = "again", num[12], at[12], sd[12];
    char *argv[] = {self_path, a1, a2, num, at, sd, NULL};
    struct word w = {n, seed, getpid(), getppid()};
    sigset_t now;
    int gone;

    sigprocmask(SIG_BLOCK, NULL, &now);
    if (!sigismember(&now, SIGUSR1) || sigismember(&now, SIGUSR2))
        return 3;
    if (fcntl(fd + 1, F_GETFD) >= 0)
        return 4;
    gone = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (gone != fd + 1 && dup3(gone, fd + 1, O_CLOEXEC) < 0)
        return 5;
    if (write(fd, &w, sizeof w) != sizeof w)
        return 6;
    if (n == 0)
        return 0;
    snprintf(num, sizeof num, "%u", n - 1);
    snprintf(at, sizeof at, "%d", fd);
    snprintf(sd, sizeof sd, "%u", seed);
    execv(self_path, argv);
    return 7;
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);

    for (;;) {
        unsigned seed = rnd(&r, 1u << 30);
        struct word w;
        int tube[2];
        pid_t pid;

        NEED(t, pipe(tube) == 0 && (pid = fork()) >= 0);
        if (pid == 0) {
            sigset_t one;

            sigemptyset(&one);
            sigaddset(&one, SIGUSR2);
            sigprocmask(SIG_UNBLOCK, &one, NULL);
            dup2(tube[1], 900);
            close(901);
            _exit(exec_again(TIMES, 900, seed));
        }
        close(tube[1]);
        for (unsigned n = TIMES + 1; n-- > 0;) {
            get(t, tube[0], &w, sizeof w);
            SAME(t, w.n, n);
            SAME(t, w.seed, seed);
            SAME(t, w.pid, pid);
            SAME(t, w.parent, getpid());
            if (damage(t, part))
                n--;
            beat(t, part);
        }
        NEED(t, read(tube[0], &w, 1) == 0);
        close(tube[0]);
        reap(t, pid, 0);
    }
}

const struct module module_exec = {.name = "exec", .parts = 1, .solo = 1, .run = run};
