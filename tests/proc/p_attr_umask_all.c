/* Claim: a program whose umask takes every permission away comes back, with
 * System V objects and files that it appended to: what is written about it
 * can be read. */
#include "claim.h"
#include <sys/sem.h>
#include <sys/stat.h>

static void append(void)
{
    int fd = open(claim_path("log"), O_WRONLY | O_CREAT | O_APPEND, 0600);

    CHECK(fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, "x\n", 2) == 2);
    close(fd);
}

int main(void)
{
    int sem;

    umask(0777);
    sem = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    CHECK(sem >= 0 && semctl(sem, 0, SETVAL, 5) == 0);
    append();
    claim_ready();
    claim_wait();
    BREAK(semctl(sem, 0, SETVAL, 4));
    CHECK_EQ(semctl(sem, 0, GETVAL), 5);
    append();
    CHECK_EQ(umask(0), 0777);
    CHECK(semctl(sem, 0, IPC_RMID) == 0);
    claim_pass();
}
