/* Claim: a child that stops itself, and is told to go on in the moment in which
 * all are being stopped, goes on: neither the stop nor SIGCONT is there twice,
 * or lost. */
#include "claim.h"

#include <pthread.h>
#include <sys/mman.h>

enum { PAIRS = 4, IDLE = 40 };

static volatile unsigned long *done; /* shared: rounds of the children */
static volatile int stop;

static void *idle(void *arg)
{
    for (;;)
        pause();
    return arg;
}

/* With many threads it takes some time to stop it. */
static _Noreturn void child(volatile unsigned long *n)
{
    pthread_t t;

    for (int i = 0; i < IDLE; i++)
        CHECK_EQ(pthread_create(&t, NULL, idle, NULL), 0);
    for (;;) {
        raise(SIGSTOP);
        ++*n;
    }
}

static void *parent(void *arg)
{
    volatile unsigned long *n = arg;
    int st = 0;
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        child(n);
    while (!stop) {
        CHECK_EQ(waitpid(pid, &st, WUNTRACED), pid);
        CHECK(WIFSTOPPED(st));
        CHECK_EQ(kill(pid, SIGCONT), 0);
    }
    CHECK_EQ(kill(pid, SIGKILL), 0);
    do
        CHECK_EQ(waitpid(pid, &st, 0), pid);
    while (!WIFSIGNALED(st));
    return NULL;
}

int main(void)
{
    pthread_t t[PAIRS];
    unsigned long was;

    done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
    CHECK(done != MAP_FAILED);
    for (int i = 0; i < PAIRS; i++)
        CHECK_EQ(pthread_create(&t[i], NULL, parent,
                                (void *)(uintptr_t)&done[i]), 0);
    for (int i = 0; i < PAIRS; i++)
        UNTIL(done[i]);
    claim_ready();
    claim_wait();
    BREAK(done += PAIRS);
    for (int i = 0; i < PAIRS; i++) {
        was = done[i];
        UNTIL(done[i] != was);
    }
    stop = 1;
    for (int i = 0; i < PAIRS; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    claim_pass();
}
