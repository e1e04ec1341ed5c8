/* Claim: trees that lived at random (fork, setsid, setpgid, adoption, death)
 * keep parent, session and group of each process. */
#include "claim.h"
#include <sys/mman.h>
#include <sys/prctl.h>

#define TREES 3
#define N 20

enum { NOTHING, SETSID, OWN_GROUP, ADOPT, DIE, FORK };

struct proc {
    volatile int pid, order, ppid, sid, pgid, reaped;
    volatile int compared, wrong;
};

struct tree {
    struct proc p[N];
    volatile int noted;
};

static struct tree *tree;
static unsigned seed;

static unsigned rnd(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % n;
}

static void reap(void)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (int i = 0; i < TREES * N; i++)
            if (tree[i / N].p[i % N].pid == pid)
                tree[i / N].p[i % N].reaped = 1;
}

static _Noreturn void end(struct tree *t, struct proc *me)
{
    me->wrong |= me->ppid != getppid() || me->sid != getsid(0) ||
                me->pgid != getpgid(0);
    if (me->wrong)
        dprintf(2, "tree %d: process %d has parent %d session %d group %d; "
                "they were %d %d %d\n", (int)(t - tree), (int)(me - t->p),
                getppid(), getsid(0), getpgid(0), me->ppid, me->sid,
                me->pgid);
    me->compared = 1;
    UNTIL(t->noted == 2);
    _exit(0);
}

static void note(struct proc *me)
{
    me->ppid = getppid();
    me->sid = getsid(0);
    me->pgid = getpgid(0);
}

/* Does what it is told, one order after the other. */
static _Noreturn void live(struct tree *t, struct proc *me)
{
    int noted = 0;

    me->pid = getpid();
    for (int left = 200000; left > 0; left--) {
        int order = me->order;

        claim_nap();
        reap();
        if (t->noted && !noted) {
            note(me);
            noted = 1;
            me->order = NOTHING;
        }
        if (noted) {
            if (claim_go())
                end(t, me);
            continue;
        }
        if (order == SETSID)
            setsid();
        else if (order == OWN_GROUP)
            setpgid(0, 0);
        else if (order == ADOPT)
            prctl(PR_SET_CHILD_SUBREAPER, 1);
        else if (order >= FORK && fork() == 0) {
            me = t->p + order - FORK;
            me->pid = getpid();
            continue;
        }
        if (order)
            me->order = NOTHING;
        if (order == DIE)
            _exit(0);
    }
    claim_fail(__FILE__, __LINE__, "nothing came any more");
}

static void tell(struct proc *p, int order)
{
    p->order = order;
    UNTIL(p->order == NOTHING);
}

static void grow(struct tree *t)
{
    int dead[N] = {0}, n = 1;
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        live(t, t->p);
    tell(t->p, SETSID);
    tell(t->p, ADOPT);
    while (n < N) {
        int i = (int)rnd((unsigned)n), what = (int)rnd(10);

        if (what % 2 && n > 3) /* the young ones move more */
            i = n - 1 - i % 3;

        UNTIL(t->p[i].pid);
        if (dead[i])
            continue;
        if (what < 5)
            tell(t->p + i, FORK + n++);
        else if (what < 8)
            tell(t->p + i, what < 6 ? SETSID : what < 7 ? ADOPT : OWN_GROUP);
        else if (i) {
            tell(t->p + i, DIE);
            dead[i] = 1;
            UNTIL((reap(), t->p[i].reaped));
        }
    }
    for (int i = 0; i < N; i++) {
        UNTIL(t->p[i].pid);
        if (dead[i])
            continue;
        t->p[i].order = -1;
    }
    t->noted = 1;
    for (int i = 0; i < N; i++)
        UNTIL(dead[i] || t->p[i].order == NOTHING);
}

int main(void)
{
    const char *from = getenv("CLAIM_SEED");

    tree = mmap(NULL, TREES * sizeof *tree, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(tree != MAP_FAILED);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    for (int i = 0; i < TREES; i++) {
        seed = (unsigned)(from ? atoi(from) : 1) * TREES + (unsigned)i;
        grow(tree + i);
    }
    BREAK(tree[1].p[0].wrong = 1);
    claim_ready();
    claim_wait();
    for (int i = 0; i < TREES * N; i++) {
        const struct proc *p = &tree[i / N].p[i % N];

        UNTIL(!p->ppid || p->compared);
    }
    for (int i = 0; i < TREES; i++)
        tree[i].noted = 2;
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    for (int i = 0; i < TREES * N; i++)
        CHECK(!tree[i / N].p[i % N].wrong);
    claim_pass();
}
