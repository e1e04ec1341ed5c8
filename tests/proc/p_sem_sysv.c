/* Claim: System V semaphores keep id, key, mode and values; who waits for one,
 * for ever or with a limit, is woken by another process. */
#include "claim.h"
#include <sys/ipc.h>
#include <sys/sem.h>

static void wait_for(int id, unsigned short num, const struct timespec *limit)
{
    struct sembuf down = {num, -3, 0};

    CHECK((limit ? semtimedop(id, &down, 1, limit) : semop(id, &down, 1)) ==
          0);
    _exit(0);
}

int main(void)
{
    key_t key = (key_t)(0x44000000 | getpid());
    int id = semget(key, 4, IPC_CREAT | IPC_EXCL | 0640);
    unsigned short v[4] = {1, 2, 2, 32000}, now[4];
    struct timespec limit = {300, 0};
    struct semid_ds ds;
    struct sembuf up[2] = {{1, 1, 0}, {2, 1, 0}};
    pid_t pid[2];

    CHECK(id >= 0 && semctl(id, 0, SETALL, v) == 0);
    CHECK((pid[0] = fork()) >= 0);
    if (pid[0] == 0)
        wait_for(id, 1, NULL);
    CHECK((pid[1] = fork()) >= 0);
    if (pid[1] == 0)
        wait_for(id, 2, &limit);
    UNTIL(semctl(id, 1, GETNCNT) == 1 && semctl(id, 2, GETNCNT) == 1);
    claim_ready();
    claim_wait();
    BREAK(semctl(id, 0, IPC_RMID));
    CHECK_EQ(semget(key, 4, 0), id);
    CHECK(semctl(id, 0, IPC_STAT, &ds) == 0);
    CHECK_EQ(ds.sem_perm.mode & 0777, 0640);
    UNTIL(semctl(id, 1, GETNCNT) == 1 && semctl(id, 2, GETNCNT) == 1);
    CHECK(semctl(id, 0, GETALL, now) == 0);
    CHECK(memcmp(now, v, sizeof v) == 0);
    CHECK(semop(id, up, 2) == 0);
    claim_reap(pid[0]);
    claim_reap(pid[1]);
    CHECK_EQ(semctl(id, 1, GETVAL), 0);
    CHECK_EQ(semctl(id, 2, GETVAL), 0);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    claim_pass();
}
