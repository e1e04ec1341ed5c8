/*
 * h_term_saved.c - a write that two SIGTERM of slurmstepd's have cut short, both
 * of them held back: what is left of it is on its way when it is saved.
 */
#include "claim.h"
#include "waits.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define MUCH 300000

static int pipes[2];
static char out[MUCH], in[MUCH];

static void on_term(int sig)
{
    (void)sig;
    claim_fail(__FILE__, __LINE__, "it was noticed");
}

static void send_one(int pid)
{
    pid_t child = fork();

    CHECK(child >= 0);
    if (!child) {
        CHECK(prctl(PR_SET_NAME, "slurmstepd") == 0);
        UNTIL(waits_blocked(pid, pid) >= 0);
        CHECK(kill(pid, SIGTERM) == 0);
        UNTIL(waits_received(pid));
        UNTIL(waits_blocked(pid, pid) >= 0);
        _exit(0);
    }
    claim_reap(child);
}

/* What is let go then is ignored. */
static void *director(void *arg)
{
    size_t n = 0;
    ssize_t r;

    (void)arg;
    waits_coordinator(SIGSTOP);
    UNTIL(waits_blocked(getpid(), getpid()) == SYS_write);
    send_one(getpid());
    send_one(getpid());
    CHECK(signal(SIGTERM, SIG_IGN) == on_term);
    waits_coordinator(SIGCONT);
    claim_ready();
    claim_wait();
    while (n < MUCH && (r = read(pipes[0], in + n, MUCH - n)) > 0)
        n += (size_t)r;
    CHECK_EQ(n, MUCH);
    return NULL;
}

int main(void)
{
    struct sigaction a = {.sa_handler = on_term};
    sigset_t all, before;
    pthread_t t;

    claim_fill(out, MUCH, 1);
    CHECK(pipe(pipes) == 0 && sigaction(SIGTERM, &a, NULL) == 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    CHECK(pthread_create(&t, NULL, director, NULL) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    CHECK_EQ(write(pipes[1], out, MUCH), MUCH);
    CHECK(pthread_join(t, NULL) == 0);
    CHECK(claim_same(in, MUCH, 1));
    claim_pass();
}
