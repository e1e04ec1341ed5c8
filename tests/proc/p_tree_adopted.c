/* Claim: an orphan keeps session, group and parent when who adopts it, a
 * process above the leader of its session, has a session of its own (tini -s,
 * supervisors, and "(cmd &)" in a daemon below); so does one that somebody
 * higher adopted, past it. */
#include "claim.h"
#include <sys/mman.h>
#include <sys/prctl.h>

enum { OUTER, INNER, LEADER, HIGH, LOW, N };

static struct note {
    volatile int pid, ppid, sid, pgid;
} *note;
static volatile int *adopts, *go;

static void take(int who)
{
    note[who].ppid = getppid();
    note[who].sid = getsid(0);
    note[who].pgid = getpgid(0);
    note[who].pid = getpid();
}

static void compare(int who)
{
    CHECK_EQ(getpid(), note[who].pid);
    CHECK_EQ(getppid(), note[who].ppid);
    CHECK_EQ(getsid(0), note[who].sid);
    CHECK_EQ(getpgid(0), note[who].pgid);
}

static void steady(int who)
{
    take(who);
    UNTIL(*go);
    compare(who);
}

/* A child of a child that ends: whoever adopts first gets it. */
static void orphan(int who)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        pid_t maker = getpid();

        if (fork())
            _exit(0);
        UNTIL(getppid() != maker);
        steady(who);
        _exit(0);
    }
    claim_reap(pid);
    UNTIL(note[who].pid);
}

static _Noreturn void leader(void)
{
    CHECK(setsid() == getpid());
    orphan(HIGH); /* adopted past INNER */
    *adopts = 1;
    UNTIL(*adopts == 2);
    orphan(LOW);
    steady(LEADER);
    _exit(0);
}

static _Noreturn void inner(void)
{
    pid_t pid;

    CHECK(setsid() == getpid() && (pid = fork()) >= 0);
    if (pid == 0)
        leader();
    UNTIL(*adopts == 1);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    *adopts = 2;
    UNTIL(note[LEADER].pid);
    steady(INNER);
    while (wait(NULL) > 0)
        ;
    _exit(0);
}

int main(void)
{
    pid_t pid;
    int st, n = 0, all = 0;

    note = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(note != MAP_FAILED);
    adopts = (volatile int *)(note + N);
    go = adopts + 1;
    setsid();
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && (pid = fork()) >= 0);
    if (pid == 0)
        inner();
    UNTIL(note[INNER].pid);
    take(OUTER);
    CHECK_EQ(note[HIGH].ppid, getpid());
    CHECK_EQ(note[LOW].ppid, note[INNER].pid);
    BREAK(note[HIGH].sid++);
    claim_ready();
    claim_wait();
    note[OUTER].ppid = getppid(); /* is not of the computation */
    *go = 1;
    compare(OUTER);
    /* A writer of ours, whose process has ended meanwhile, may be adopted
     * here as well (docs/limits.md). */
    while ((pid = wait(&st)) > 0) {
        CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 0);
        n += pid == note[HIGH].pid || pid == note[INNER].pid;
        all++;
    }
    CHECK_EQ(n, 2);
    CHECK(all <= 4);
    claim_pass();
}
