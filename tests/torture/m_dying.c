/* m_dying.c - what the end of a process gives back or tells: semaphores
 * (SEM_UNDO), a robust mutex, a lock on a file, its end of a pipe, the signal
 * that its child has asked for. Children take all that and die at some time. */
#include "torture.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/sem.h>

#define UNITS 9

struct shared {
    pthread_mutex_t lock;
    volatile unsigned owner;
};

static void setup(struct inst *t)
{
    struct shared *s = t->mem;
    pthread_mutexattr_t a;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    NEED(t, pthread_mutex_init(&s->lock, &a) == 0);
    NEED(t, (t->val[0] = semget(IPC_PRIVATE, 1, 0600)) >= 0);
    NEED(t, semctl((int)t->val[0], 0, SETVAL, UNITS) == 0);
}

struct child {
    int up[2], end[2]; /* it says that it has all; closed when it is to die */
    int units, file, how;
};

static struct flock range(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 3, .l_len = 4};
}

static _Noreturn void live(struct inst *t, const struct child *c)
{
    struct sembuf take = {0, (short)-c->units, SEM_UNDO};
    struct shared *s = t->mem;
    struct flock l = range(F_WRLCK);
    char x;

    NEED(t, semop((int)t->val[0], &take, 1) == 0);
    SAME(t, pthread_mutex_lock(&s->lock), 0);
    s->owner = (unsigned)getpid();
    NEED(t, fcntl(c->file, F_SETLK, &l) == 0);
    close(c->end[1]);
    put(t, c->up[1], "u", 1);
    NEED(t, read(c->end[0], &x, 1) == 0);
    SAME(t, s->owner, getpid());
    if (c->how == 0)
        raise(SIGKILL);
    _exit(5);
}

static void one(struct inst *t, struct rng *r, int hurt)
{
    struct child c = {.units = 1 + (int)rnd(r, UNITS - 1), .how = (int)rnd(r, 2)};
    struct shared *s = t->mem;
    struct flock l;
    int st;
    char x;
    pid_t pid;

    NEED(t, (c.file = open(own_path(t, "lock"), O_CREAT | O_RDWR, 0600)) >= 0);
    NEED(t, pipe(c.up) == 0 && pipe(c.end) == 0 && (pid = fork()) >= 0);
    if (pid == 0)
        live(t, &c);
    close(c.up[1]);
    close(c.end[0]);
    get(t, c.up[0], &x, 1);
    for (unsigned i = rnd(r, 20); i > 0; i--) {
        SAME(t, semctl((int)t->val[0], 0, GETVAL), UNITS - c.units + hurt);
        SAME(t, pthread_mutex_trylock(&s->lock), EBUSY);
        l = range(F_WRLCK);
        NEED(t, fcntl(c.file, F_GETLK, &l) == 0);
        SAME(t, l.l_type, F_WRLCK);
        SAME(t, l.l_pid, pid);
        nap(t, r);
    }
    close(c.end[1]);
    NEED(t, read(c.up[0], &x, 1) == 0);
    SAME(t, pthread_mutex_lock(&s->lock), EOWNERDEAD);
    SAME(t, s->owner, pid);
    SAME(t, pthread_mutex_consistent(&s->lock), 0);
    SAME(t, pthread_mutex_unlock(&s->lock), 0);
    SAME(t, waitpid(pid, &st, 0), pid);
    NEED(t, c.how ? WIFEXITED(st) && WEXITSTATUS(st) == 5
                  : WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
    SAME(t, semctl((int)t->val[0], 0, GETVAL), UNITS);
    l = range(F_WRLCK);
    NEED(t, fcntl(c.file, F_GETLK, &l) == 0);
    SAME(t, l.l_type, F_UNLCK);
    close(c.up[0]);
    close(c.file);
}

/* A child of a child is told of its parent's end; nobody waits for it twice. */
static void orphan(struct inst *t, struct rng *r)
{
    siginfo_t si;
    int told[2];
    sigset_t one;
    pid_t pid;
    char x;

    NEED(t, pipe(told) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        pid_t me = getpid();

        if (fork() == 0) {
            sigemptyset(&one);
            sigaddset(&one, SIGRTMIN + 7);
            prctl(PR_SET_PDEATHSIG, SIGRTMIN + 7);
            put(t, told[1], "r", 1);
            if (getppid() == me)
                NEED(t, sigwaitinfo(&one, &si) == SIGRTMIN + 7);
            put(t, told[1], "d", 1);
            _exit(0);
        }
        nap(t, r);
        pause();
    }
    close(told[1]);
    get(t, told[0], &x, 1);
    nap(t, r);
    NEED(t, kill(pid, SIGKILL) == 0);
    get(t, told[0], &x, 1);
    NEED(t, x == 'd' && read(told[0], &x, 1) == 0);
    close(told[0]);
    SAME(t, waitpid(pid, NULL, 0), pid);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);

    for (;;) {
        one(t, &r, damage(t, part));
        if (rnd(&r, 3) == 0)
            orphan(t, &r);
        beat(t, part);
    }
}

const struct module module_dying = {.name = "dying", .parts = 1, .solo = 1,
                                    .size = sizeof(struct shared),
                                    .setup = setup, .run = run};
