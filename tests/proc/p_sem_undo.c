/* Claim: what SEM_UNDO has to undo at a process's end is kept, whatever the
 * value of the semaphore is by then: it is the kernel that gives back. Who
 * waits with SEM_UNDO gets it, too; a child has no part in it; SETVAL by
 * somebody else has cleared it. */
#include "claim.h"
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/sem.h>

enum { HELD, LENT, THREAD, LOWEST, HIGHEST, BIG, SET, WAITED, FREE, SEMS };

static int id, at[2], end[2];

static int op(unsigned short num, int by, int undo)
{
    struct sembuf b = {num, (short)by, (short)(undo ? SEM_UNDO : 0)};

    return semop(id, &b, 1);
}

static int value(int num)
{
    return semctl(id, num, GETVAL);
}

static void *in_thread(void *arg)
{
    CHECK(op(THREAD, -2, 1) == 0);
    return arg;
}

/* An end by _exit when the parent says so. */
static void rest(void)
{
    char c;

    claim_tell(at[1]);
    CHECK(read(end[0], &c, 1) == 1);
    _exit(0);
}

static void hold(void)
{
    pthread_t t;

    CHECK(op(HELD, -1, 1) == 0 && op(HELD, -2, 1) == 0 && op(HELD, 1, 1) == 0);
    CHECK(op(LENT, 3, 1) == 0);
    CHECK(pthread_create(&t, NULL, in_thread, NULL) == 0);
    CHECK(pthread_join(t, NULL) == 0);
    CHECK(op(LOWEST, 32767, 1) == 0 && op(LOWEST, -32767, 0) == 0);
    CHECK(op(LOWEST, 1, 1) == 0 && op(LOWEST, 3, 0) == 0);
    CHECK(op(HIGHEST, -32767, 1) == 0 && op(HIGHEST, 12, 0) == 0);
    CHECK(op(BIG, -20000, 1) == 0 && op(BIG, 5000, 0) == 0);
    CHECK(op(SET, -1, 1) == 0);
    if (fork() == 0)
        rest();
    CHECK(op(WAITED, -1, 1) == 0);
    rest();
}

int main(void)
{
    unsigned short v[SEMS] = {[HELD] = 5, [THREAD] = 7, [HIGHEST] = 32767,
                              [BIG] = 32767, [SET] = 3, [FREE] = 9};
    unsigned short now[SEMS], kept[SEMS] = {3, 3, 5, 4, 12, 17767, 4, 0, 9};
    pid_t pid;

    id = semget(IPC_PRIVATE, SEMS, 0600);
    CHECK(id >= 0 && semctl(id, 0, SETALL, v) == 0);
    CHECK(pipe(at) == 0 && pipe(end) == 0);
    CHECK((pid = fork()) >= 0);
    if (pid == 0)
        hold();
    claim_hear(at[0]); /* the grandchild */
    UNTIL(semctl(id, WAITED, GETNCNT) == 1);
    CHECK(semctl(id, SET, SETVAL, 4) == 0);
    claim_ready();
    claim_wait();
    CHECK(semctl(id, 0, GETALL, now) == 0);
    CHECK(memcmp(now, kept, sizeof now) == 0);
    UNTIL(semctl(id, WAITED, GETNCNT) == 1);
    CHECK(op(WAITED, 1, 0) == 0);
    claim_hear(at[0]);
    CHECK_EQ(value(WAITED), 0);
    BREAK(semctl(id, HELD, SETVAL, 3));
    CHECK(write(end[1], "x", 1) == 1);
    CHECK(write(end[1], "x", 1) == 1);
    claim_reap(pid);
    CHECK_EQ(value(HELD), 5);
    CHECK_EQ(value(LENT), 0);
    CHECK_EQ(value(THREAD), 7);
    CHECK_EQ(value(LOWEST), 0);
    CHECK_EQ(value(HIGHEST), 32767);
    CHECK_EQ(value(BIG), 32767);
    CHECK_EQ(value(SET), 4);
    CHECK_EQ(value(WAITED), 1);
    CHECK_EQ(value(FREE), 9);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    claim_pass();
}
