/* Claim: a program with threads can fork after a restart, atfork handlers
 * run, and the child has one thread that can create more. */
#include "claim.h"
#include <pthread.h>

static volatile int up, go_on;
static int before, in_parent, in_child;

static void pre(void) { before++; }
static void parent(void) { in_parent++; }
static void child(void) { in_child++; }

static void *work(void *arg)
{
    up = 1;
    UNTIL(go_on);
    return arg;
}

static void *nothing(void *arg)
{
    return arg;
}

int main(void)
{
    pthread_t t, c;
    pid_t pid;

    CHECK(pthread_atfork(pre, parent, child) == 0);
    CHECK(pthread_create(&t, NULL, work, NULL) == 0);
    UNTIL(up);
    claim_ready();
    claim_wait();
    BREAK(before++);
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        CHECK(before == 1 && in_parent == 0 && in_child == 1);
        CHECK(pthread_create(&c, NULL, nothing, NULL) == 0);
        CHECK(pthread_join(c, NULL) == 0);
        _exit(0);
    }
    CHECK(before == 1 && in_parent == 1 && in_child == 0);
    claim_reap(pid);
    go_on = 1;
    CHECK(pthread_join(t, NULL) == 0);
    claim_pass();
}
