/* m_children.c - children by fork, vfork, posix_spawn, system and popen, one
 * that is stopped and goes on, one that nobody waits for yet: each ends with
 * what it should, and no other is told of. */
#include "torture.h"

#include <spawn.h>

extern char **environ;

static void forks(struct inst *t, struct rng *r, int code)
{
    int tube[2];
    pid_t pid, got;

    NEED(t, pipe(tube) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        struct rng own = *r;

        got = getpid();
        nap(t, &own);
        put(t, tube[1], &got, sizeof got);
        NEED(t, getpid() == got);
        _exit(code);
    }
    get(t, tube[0], &got, sizeof got);
    SAME(t, got, pid);
    close(tube[0]);
    close(tube[1]);
    nap(t, r); /* it is a zombie meanwhile */
    reap(t, pid, code);
}

static void spawns(struct inst *t, int code, int by_vfork)
{
    char number[12], a1[] = "--helper", a2[] = "exit";
    char *argv[] = {self_path, a1, a2, number, NULL};
    pid_t pid;

    snprintf(number, sizeof number, "%d", code);
    if (!by_vfork) {
        SAME(t, posix_spawn(&pid, self_path, NULL, NULL, argv, environ), 0);
    } else {
        pid = vfork();
        if (pid == 0) {
            execv(self_path, argv);
            _exit(127);
        }
    }
    NEED(t, pid > 0);
    reap(t, pid, code);
}

static void by_shell(struct inst *t, int code, int by_popen)
{
    char cmd[40];
    int st, n = -1;
    FILE *f;

    snprintf(cmd, sizeof cmd, "echo %d; exit %d", code, code);
    if (by_popen) {
        NEED(t, (f = popen(cmd, "r")) != NULL);
        NEED(t, fscanf(f, "%d", &n) == 1);
        SAME(t, n, code);
        st = pclose(f);
    } else {
        snprintf(cmd, sizeof cmd, "exit %d", code);
        st = system(cmd);
    }
    NEED(t, WIFEXITED(st));
    SAME(t, WEXITSTATUS(st), code);
}

static void stops(struct inst *t, struct rng *r, int code)
{
    pid_t pid = fork(), got;
    int st;

    NEED(t, pid >= 0);
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(code);
    }
    SAME(t, waitpid(pid, &st, WUNTRACED), pid);
    if (!WIFSTOPPED(st))
        fault(t, __FILE__, __LINE__, "child %d did not stop: 0x%x", (int)pid,
              (unsigned)st);
    nap(t, r);
    got = waitpid(pid, &st, WUNTRACED | WNOHANG);
    if (got)
        fault(t, __FILE__, __LINE__, "child %d was told of twice: %d, 0x%x",
              (int)pid, (int)got, (unsigned)st);
    NEED(t, kill(pid, SIGCONT) == 0);
    reap(t, pid, code);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    int code, st;

    for (;;) {
        code = 1 + (int)rnd(&r, 90);
        switch (rnd(&r, 6)) {
        case 0: spawns(t, code, 0); break;
        case 1: spawns(t, code, 1); break;
        case 2: by_shell(t, code, (int)rnd(&r, 2)); break;
        case 3: stops(t, &r, code); break;
        default: forks(t, &r, code);
        }
        if (damage(t, part) && fork() == 0)
            _exit(1);
        NEED(t, waitpid(-1, &st, WNOHANG) < 0 && errno == ECHILD);
        beat(t, part);
    }
}

const struct module module_children = {.name = "children", .parts = 1, .solo = 1, .run = run};
