/* m_tree.c - a random tree: processes that make sessions, lead and join
 * groups, adopt, and end before their children. While it stands, each one
 * looks again and again whether all is as it was; then it is felled, and
 * another one grows. */
#include "torture.h"

#include <sys/prctl.h>

#define MOST 12

/* Wide: small numbers around that of a process look like a mutex it holds. */
struct node {
    volatile long pid, parent, group, session;
    volatile long order, done, dead, looks;
};

struct tree {
    struct node n[MOST];
    volatile int phase; /* 0 grows, 1 note who you are, 2 look, 3 is felled */
};

enum { WAIT, LEAD_SESSION, LEAD_GROUP, ADOPT, END, JOIN = 50, FORK = 100 };

static void live(struct inst *t, int i);

static void obey(struct inst *t, struct tree *w, int i, int order)
{
    if (order == LEAD_SESSION)
        setsid();
    else if (order == LEAD_GROUP)
        setpgid(0, 0);
    else if (order == ADOPT)
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    else if (order == END)
        _exit(0);
    else if (order >= FORK) {
        pid_t pid = fork();

        NEED(t, pid >= 0);
        if (pid == 0)
            live(t, order - FORK);
    } else if (order >= JOIN)
        setpgid(0, (pid_t)w->n[order - JOIN].group);
    w->n[i].group = getpgrp();
}

static void look(struct inst *t, const struct tree *w, struct node *n)
{
    if (n->parent == getppid() && n->group == getpgrp() && n->session == getsid(0) &&
        n->pid == getpid())
        n->looks++;
    else if (w->phase == 2)
        fault(t, __FILE__, __LINE__,
              "process, parent, group, session were %ld %ld %ld %ld, are %d %d %d %d",
              n->pid, n->parent, n->group, n->session, (int)getpid(),
              (int)getppid(), (int)getpgrp(), (int)getsid(0));
}

static void live(struct inst *t, int i)
{
    struct timespec ts = {0, 1000000};
    struct tree *w = t->mem;
    struct node *n = &w->n[i];
    int noted = 0;

    n->pid = getpid();
    n->group = getpgrp();
    n->done = 1;
    for (;; heed_end()) {
        if (w->phase == 1 && !noted) {
            n->parent = getppid();
            n->group = getpgrp();
            n->session = getsid(0);
            noted = n->done = 1;
        } else if (w->phase == 2) {
            look(t, w, n);
        } else if (n->order) {
            int order = (int)n->order;

            n->order = 0;
            obey(t, w, i, order);
            n->done = 1;
        }
        SAME(t, nanosleep(&ts, NULL), 0);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
}

static void order(struct inst *t, struct node *n, int what)
{
    struct timespec ts = {0, 500000};
    pid_t pid = (pid_t)n->pid;

    n->done = 0;
    n->order = what;
    while (what == END ? !n->dead && kill(pid, 0) == 0 : !n->done) {
        SAME(t, nanosleep(&ts, NULL), 0);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
    if (what == END)
        n->dead = 1;
}

static void grow(struct inst *t, struct rng *r)
{
    struct tree *w = t->mem;
    int have = 1, left = MOST * 3;
    pid_t pid;

    memset(w, 0, sizeof *w);
    NEED(t, (pid = fork()) >= 0);
    if (pid == 0)
        live(t, 0);
    while (!w->n[0].done)
        usleep(500);
    while (left-- > 0) {
        int i = (int)rnd(r, (unsigned)have), what = (int)rnd(r, 11);

        if (w->n[i].dead)
            continue;
        if (what < 5 && have < MOST) {
            order(t, &w->n[i], FORK + have);
            while (!w->n[have].done)
                usleep(500);
            have++;
        } else if (what == 5) {
            order(t, &w->n[i], LEAD_SESSION);
        } else if (what == 6) {
            order(t, &w->n[i], LEAD_GROUP);
        } else if (what == 7) {
            order(t, &w->n[i], ADOPT);
        } else if (what == 8 && i > 0) {
            order(t, &w->n[i], END);
        } else if (what > 8) {
            order(t, &w->n[i], JOIN + (int)rnd(r, (unsigned)have));
        }
    }
}

static void stand(struct inst *t, int part, struct rng *r)
{
    struct tree *w = t->mem;
    struct timespec ts = {0, 2000000};

    for (int i = 0; i < MOST; i++)
        w->n[i].done = !w->n[i].pid || w->n[i].dead;
    w->phase = 1;
    for (int i = 0; i < MOST; i++)
        while (!w->n[i].done)
            SAME(t, nanosleep(&ts, NULL), 0);
    if (damage(t, part))
        w->n[0].session++;
    w->phase = 2;
    for (unsigned rounds = 20 + rnd(r, 300); rounds > 0; rounds--) {
        long was[MOST];

        for (int i = 0; i < MOST; i++)
            was[i] = w->n[i].looks;
        for (int i = 0; i < MOST; i++)
            while (w->n[i].pid && !w->n[i].dead && w->n[i].looks == was[i])
                SAME(t, nanosleep(&ts, NULL), 0);
        beat(t, part);
    }
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct tree *w = t->mem;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (;;) {
        grow(t, &r);
        stand(t, part, &r);
        w->phase = 3;
        for (int i = 0; i < MOST; i++)
            if (w->n[i].pid && !w->n[i].dead)
                NEED(t, kill((pid_t)w->n[i].pid, SIGKILL) == 0);
        while (waitpid(-1, NULL, 0) > 0)
            ;
        NEED(t, errno == ECHILD);
        beat(t, part);
    }
}

const struct module module_tree = {.name = "tree", .parts = 1, .solo = 1,
                                   .size = sizeof(struct tree), .run = run};
