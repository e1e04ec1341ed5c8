/*
 * torture.c - the frame of the torture program: draws by lot what runs
 * where, makes the processes, and looks on. See torture.h.
 *
 *   torture SEED DIR [--only NAME[,NAME]] [--without NAME[,NAME]]
 *           [--break NAME] [--seconds N] [--background]
 *
 * Makes the directory DIR/ready when every part runs. When DIR/ping is there,
 * it is removed after every part has moved on; who does not within STUCK
 * seconds is named in DIR/stuck, and the ping stays. With --seconds it ends
 * by itself with 0. With --background who was started ends at once, and all
 * this is done by a child of its. A fault: its text in DIR/fault, status 99.
 */
#include "world.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define STUCK 45

struct world *world;
char *self_path;

static const struct module *const modules[] = {
#define MODULE(name) &module_##name,
#include "modules.def"
#undef MODULE
};
#define N_MODULES (sizeof modules / sizeof modules[0])

struct job {
    struct inst *t;
    int part;
};

static void *run_part(void *arg)
{
    struct job *j = arg;

    j->t->m->run(j->t, j->part);
    fault(j->t, __FILE__, __LINE__, "the part has ended");
}

/* ---- what is there, drawn by lot ---- */

static int listed(const char *list, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = list; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (strncmp(p, name, n) == 0 && (p[n] == ',' || !p[n]))
            return 1;
    return 0;
}

static void add(const struct module *m, unsigned seed)
{
    struct inst *t = &world->inst[world->n_inst];

    t->m = m;
    t->number = world->n_inst++;
    t->seed = seed;
    t->size = m->size;
    if (m->size) {
        t->mem = mmap(NULL, m->size, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        NEED(t, t->mem != MAP_FAILED);
    }
}

static void choose(struct rng *r, const char *only, const char *without)
{
    unsigned n = only ? 0 : 5 + rnd(r, 20);

    for (unsigned i = 0; only && i < N_MODULES; i++)
        if (listed(only, modules[i]->name))
            add(modules[i], rnd(r, 1u << 30));
    while (n-- > 0 && world->n_inst < MAX_INST) {
        const struct module *m = modules[rnd(r, N_MODULES)];
        unsigned seed = rnd(r, 1u << 30);

        if (!listed(without, m->name))
            add(m, seed);
    }
}

static int new_worker(struct rng *r, int solo, int shared)
{
    int n = world->n_workers++;
    struct worker *w = &world->worker[n];

    NEED(NULL, n < MAX_WORKERS);
    w->solo = solo;
    w->parent = n ? (int)rnd(r, (unsigned)shared) : -1;
    w->leads = n ? (int)rnd(r, 3) : 0;
    w->orphan = n && rnd(r, 4) == 0;
    return n;
}

/* Workers that share come first: only they have children. */
static void place(struct rng *r)
{
    int shared = 1 + (int)rnd(r, 4);

    for (int i = 0; i < shared; i++)
        new_worker(r, 0, i);
    for (int i = 0; i < world->n_inst; i++) {
        const struct module *m = world->inst[i].m;

        for (int p = 0; p < m->parts; p++)
            world->place[i][p] =
                (signed char)(m->solo && world->n_workers < MAX_WORKERS
                                  ? new_worker(r, 1, shared)
                                  : (int)rnd(r, (unsigned)shared));
    }
}

/* ---- one worker ---- */

static void look_after(pid_t pid, int who)
{
    siginfo_t si = {.si_pid = 0};

    if (waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        si.si_pid == pid)
        fault(NULL, __FILE__, __LINE__, "worker %d (%d) has ended: %s %d", who,
              (int)pid, si.si_code == CLD_EXITED ? "status" : "signal",
              si.si_status);
}

static void look_around(int me)
{
    for (int i = 1; i < world->n_workers; i++) {
        struct worker *w = &world->worker[i];

        if (w->orphan ? me == 0 && world->reaper : w->parent == me)
            look_after((pid_t)w->pid, i);
    }
}

struct identity {
    pid_t pid, parent, group, session;
};

static struct identity identity(void)
{
    return (struct identity){getpid(), getppid(), getpgrp(), getsid(0)};
}

static void same_identity(const struct identity *was, int me)
{
    struct identity now = identity();
    const struct worker *w = &world->worker[me];

    if (me == 0 || (w->orphan && !world->reaper))
        now.parent = was->parent; /* it is not one of ours */
    if (memcmp(&now, was, sizeof now) != 0 || now.pid != w->pid)
        fault(NULL, __FILE__, __LINE__,
              "worker %d: process, parent, group, session were %d %d %d %d, "
              "are %d %d %d %d; noted %d",
              me, was->pid, was->parent, was->group, was->session, now.pid,
              now.parent, now.group, now.session, (int)w->pid);
}

static void work(int me);

static void make_children(int me)
{
    for (int i = 1; i < world->n_workers; i++) {
        struct worker *w = &world->worker[i];
        pid_t pid, mid;

        if (w->parent != me)
            continue;
        NEED(NULL, (pid = fork()) >= 0);
        if (pid == 0) {
            mid = getpid();
            if (!w->orphan)
                work(i);
            if (w->leads == 1)
                setsid();
            NEED(NULL, (pid = fork()) >= 0);
            if (pid)
                _exit(0);
            while (getppid() == mid)
                usleep(500);
            work(i);
        }
        if (w->orphan)
            reap(NULL, pid, 0);
        while (!w->up)
            usleep(500);
    }
}

static void watch(void);

static void work(int me)
{
    struct worker *w = &world->worker[me];
    struct job *mine = calloc(MAX_INST, sizeof *mine);
    struct identity was;
    struct timespec ts = {0, 3000000};
    pthread_t th;
    int n = 0;

    w->pid = getpid();
    if (w->leads == 1 && !w->orphan)
        setsid();
    else if (w->leads == 2)
        setpgid(0, 0);
    make_children(me);
    w->up = 1;
    for (int i = 0; i < world->n_inst; i++)
        for (int p = 0; p < world->inst[i].m->parts; p++)
            if (world->place[i][p] == me)
                mine[n++] = (struct job){&world->inst[i], p};
    if (w->solo)
        run_part(&mine[0]);
    for (int i = 0; i < n; i++)
        NEED(NULL, pthread_create(&th, NULL, run_part, &mine[i]) == 0);
    was = identity();
    if (me == 0)
        watch();
    for (;;) {
        SAME(NULL, nanosleep(&ts, NULL), 0);
        same_identity(&was, me);
        look_around(me);
        heed_end();
    }
}

/* ---- the root: does everybody move? ---- */

static unsigned long seen[MAX_INST][MAX_PARTS];

static int moved(unsigned long by, FILE *who)
{
    int all = 1;

    for (int i = 0; i < world->n_inst; i++)
        for (int p = 0; p < world->inst[i].m->parts; p++) {
            struct inst *t = &world->inst[i];

            if (t->beats[p] - seen[i][p] >= by)
                continue;
            all = 0;
            if (who)
                fprintf(who, "%s.%d part %d in process %d\n", t->m->name, i, p,
                        (int)world->worker[(int)world->place[i][p]].pid);
        }
    return all;
}

static void remember(void)
{
    for (int i = 0; i < world->n_inst; i++)
        for (int p = 0; p < MAX_PARTS; p++)
            seen[i][p] = world->inst[i].beats[p];
}

static int seconds;
static long long began;

static void end_all(void)
{
    world->over = 1;
    for (int i = 1; i < world->n_workers; i++)
        kill((pid_t)world->worker[i].pid, SIGKILL);
    _exit(0);
}

/* Waits until every part has moved, for ever: the driver has the limit. */
static void until_moved(unsigned long by)
{
    char path[500];
    long long stuck = now_us() + STUCK * 1000000ll;
    struct timespec ts = {0, 3000000};
    FILE *f;

    while (!moved(by, NULL)) {
        SAME(NULL, nanosleep(&ts, NULL), 0);
        look_around(0);
        heed_end();
        if (now_us() > stuck) {
            snprintf(path, sizeof path, "%s/stuck", world->dir);
            f = fopen(path, "w");
            if (f) {
                moved(by, f);
                fclose(f);
            }
            stuck = now_us() + STUCK * 1000000ll;
        }
    }
}

static void watch(void)
{
    struct identity was = identity();
    struct timespec ts = {0, 3000000};
    char ready[500], ping[500];

    snprintf(ready, sizeof ready, "%s/ready", world->dir);
    snprintf(ping, sizeof ping, "%s/ping", world->dir);
    until_moved(1);
    NEED(NULL, mkdir(ready, 0755) == 0);
    for (;;) {
        SAME(NULL, nanosleep(&ts, NULL), 0);
        same_identity(&was, 0);
        look_around(0);
        heed_end();
        if (access(ping, F_OK) == 0) {
            remember();
            until_moved(2);
            unlink(ping);
        }
        if (seconds && now_us() - began > seconds * 1000000ll)
            end_all();
    }
}

/* As daemons do, once or twice. */
static void to_background(int turns)
{
    while (turns-- > 0) {
        pid_t pid = fork();

        NEED(NULL, pid >= 0);
        if (pid)
            _exit(0);
        setsid();
    }
}

int main(int argc, char **argv)
{
    int background = 0;
    const char *only = NULL, *without = NULL, *broken = NULL;
    struct rng r;
    sigset_t all;

    self_path = argv[0];
    if (argc > 1 && strcmp(argv[1], "--helper") == 0)
        return helper_main(argc, argv);
    for (int i = 3; i < argc; i += 2) {
        if (strcmp(argv[i], "--background") == 0)
            background = 1, i--;
        else if (i + 1 == argc)
            return 2;
        else if (strcmp(argv[i], "--only") == 0)
            only = argv[i + 1];
        else if (strcmp(argv[i], "--without") == 0)
            without = argv[i + 1];
        else if (strcmp(argv[i], "--break") == 0)
            broken = argv[i + 1];
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = atoi(argv[i + 1]);
    }
    if (argc < 3)
        return 2;
    world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (world == MAP_FAILED)
        return 2;
    snprintf(world->dir, sizeof world->dir, "%s", argv[2]);
    if (background)
        to_background(1 + (int)strtoul(argv[1], NULL, 10) % 2);
    began = now_us();
    r.s = (uint64_t)strtoul(argv[1], NULL, 10) << 20;
    choose(&r, only, without);
    place(&r);
    world->reaper = (int)rnd(&r, 2);
    if (world->reaper)
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    /* threads that share get no signal: SOLO modules open their masks */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int i = 0; i < world->n_inst; i++) {
        struct inst *t = &world->inst[i];

        t->broken = broken && strcmp(broken, t->m->name) == 0;
        if (t->m->setup)
            t->m->setup(t);
    }
    work(0);
}
