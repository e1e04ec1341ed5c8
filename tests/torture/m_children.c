/* m_children.c - children by fork, vfork, clone, posix_spawn, system and popen,
 * one out of a memory file, one whose last thread ends past libc, one that is
 * stopped and goes on, one that nobody waits for yet: each ends with what it
 * should, and no other is told of. */
#include "torture.h"

#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/syscall.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif

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
    if (code % 2) { /* who looks and does not take finds it again */
        siginfo_t si = {.si_pid = 0};

        SAME(t, waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
        SAME(t, si.si_pid, pid);
        SAME(t, si.si_status, code);
        nap(t, r);
    }
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
        fault(t, __FILE__, __LINE__, "child %d did not stop: 0x%x, is to end with %d",
              (int)pid, (unsigned)st, code);
    nap(t, r);
    got = waitpid(pid, &st, WUNTRACED | WNOHANG);
    if (got)
        fault(t, __FILE__, __LINE__, "child %d was told of twice: %d, 0x%x",
              (int)pid, (int)got, (unsigned)st);
    NEED(t, kill(pid, SIGCONT) == 0);
    reap(t, pid, code);
}

static int returns(void *arg)
{
    usleep(1000);
    return *(int *)arg;
}

static void *ends_later(void *arg)
{
    usleep(1000);
    syscall(SYS_exit, *(int *)arg); /* the last one's status is the process's */
    return NULL;
}

/* The last thread ends by the system call that ends only a thread. */
static void by_last_thread(struct inst *t, struct rng *r, int code)
{
    static char stack[1 << 16] __attribute__((aligned(16)));
    int how = (int)rnd(r, 3);
    pthread_t th;
    pid_t pid;

    if (how == 0) {
        pid = clone(returns, stack + sizeof stack, SIGCHLD, &code);
    } else if ((pid = fork()) == 0) {
        if (how == 1)
            pthread_create(&th, NULL, ends_later, &code);
        syscall(SYS_exit, how == 1 ? 1 : code);
    }
    NEED(t, pid > 0);
    nap(t, r);
    if (how == 1) { /* before Linux 6.0 it is the first one's */
        int st;

        SAME(t, waitpid(pid, &st, 0), pid);
        NEED(t, WIFEXITED(st) && (WEXITSTATUS(st) == code || WEXITSTATUS(st) == 1));
    } else {
        reap(t, pid, code);
    }
}

/* This program, in a memory file that stays open for writing. */
static int copy_in_memory(struct inst *t)
{
    int from = open(self_path, O_RDONLY | O_CLOEXEC), to = memfd_create("program", MFD_EXEC);
    static char buf[65536];
    ssize_t n;

    if (to < 0 && errno == EINVAL)
        to = memfd_create("program", 0);
    NEED(t, from >= 0 && to >= 0);
    while ((n = read(from, buf, sizeof buf)) > 0)
        put(t, to, buf, (size_t)n);
    NEED(t, n == 0 && close(from) == 0);
    return to;
}

static void out_of_memory_file(struct inst *t, int fd, int code)
{
    char number[12], a1[] = "--helper", a2[] = "exit";
    char *argv[] = {self_path, a1, a2, number, NULL};
    pid_t pid;

    snprintf(number, sizeof number, "%d", code);
    NEED(t, (pid = fork()) >= 0);
    if (pid == 0) {
        fexecve(fd, argv, environ);
        _exit(errno == ETXTBSY ? 126 : 125);
    }
    reap(t, pid, code);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    int code, st, program = copy_in_memory(t);

    for (;;) {
        code = 1 + (int)rnd(&r, 90);
        switch (rnd(&r, 9)) {
        case 0: spawns(t, code, 0); break;
        case 1: spawns(t, code, 1); break;
        case 2: by_shell(t, code, (int)rnd(&r, 2)); break;
        case 3: stops(t, &r, code); break;
        case 4: by_last_thread(t, &r, code); break;
        case 5: out_of_memory_file(t, program, code); break;
        default: forks(t, &r, code);
        }
        if (damage(t, part) && fork() == 0)
            _exit(1);
        NEED(t, waitpid(-1, &st, WNOHANG) < 0 && errno == ECHILD);
        beat(t, part);
    }
}

const struct module module_children = {.name = "children", .parts = 1, .solo = 1, .run = run};
