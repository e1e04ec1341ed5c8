/*
 * shared.h - the claim about two processes that have something in common which
 * a fork would give each of them for itself.
 */
#ifndef CKPT_TESTS_SHARED_H
#define CKPT_TESTS_SHARED_H

#include "claim.h"

#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/stat.h>

#define SHARED_FD 100

/* A pipe, which all have, tells when the other has done its part. */
static int shared_with, shared_at[2], shared_end[2], shared_sem;

static void shared_change(void)
{
    struct sembuf down = {0, -2, SEM_UNDO};

    if (shared_with == CLONE_FILES)
        CHECK(dup2(1, SHARED_FD) == SHARED_FD);
    else if (shared_with == CLONE_FS)
        umask(0123);
    else
        CHECK(semop(shared_sem, &down, 1) == 0);
}

static int shared_child(void *arg)
{
    char c;

    (void)arg;
    claim_tell(shared_at[1]);
    CHECK(read(shared_end[0], &c, 1) == 1);
    shared_change();
    _exit(0);
}

static inline _Noreturn void shared_claim(int flag)
{
    static char stack[1 << 16] __attribute__((aligned(16)));
    pid_t pid;

    shared_with = flag;
    CHECK((shared_sem = semget(IPC_PRIVATE, 1, 0600)) >= 0);
    CHECK(semctl(shared_sem, 0, SETVAL, 5) == 0);
    CHECK(pipe(shared_at) == 0 && pipe(shared_end) == 0);
    umask(022);
    pid = clone(shared_child, stack + sizeof(stack), SIGCHLD | flag, NULL);
    CHECK(pid > 0);
    claim_hear(shared_at[0]);
    claim_ready();
    claim_wait();
    CHECK(write(shared_end[1], "x", 1) == 1);
    claim_reap(pid);
    BREAK(umask(022); close(SHARED_FD); semctl(shared_sem, 0, SETVAL, 5));
    if (flag == CLONE_FILES)
        CHECK(fcntl(SHARED_FD, F_GETFD) >= 0);
    else if (flag == CLONE_FS)
        CHECK_EQ(umask(0), 0123);
    else /* undone by nobody as long as this one lives */
        CHECK_EQ(semctl(shared_sem, 0, GETVAL), 3);
    CHECK(semctl(shared_sem, 0, IPC_RMID) == 0);
    claim_pass();
}

#endif
