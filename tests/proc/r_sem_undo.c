/* Claim: a checkpoint of a program that has changed a System V semaphore
 * with SEM_UNDO is refused by name, and the program goes on with it
 * unharmed. */
/* refusal: SEM_UNDO */
#include "claim.h"
#include <sys/ipc.h>
#include <sys/sem.h>

int main(void)
{
    int id = semget(IPC_PRIVATE, 1, 0600);
    struct sembuf down = {0, -1, SEM_UNDO}, up = {0, 1, SEM_UNDO};

    CHECK(id >= 0 && semctl(id, 0, SETVAL, 5) == 0);
    CHECK(semop(id, &down, 1) == 0);
    claim_ready();
    claim_wait();
    BREAK(semctl(id, 0, IPC_RMID));
    CHECK_EQ(semctl(id, 0, GETVAL), 4);
    CHECK(semop(id, &up, 1) == 0);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    claim_pass();
}
