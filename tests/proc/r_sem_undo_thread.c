/* Claim: a checkpoint of a program with a thread that has a SEM_UNDO of its
 * own (unshare) is refused by name, and the program goes on unharmed. */
/* refusal: a thread may have a SEM_UNDO of its own */
#include "claim.h"
#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>

static int id, at[2], end[2];

static void *own(void *arg)
{
    struct sembuf down = {0, -2, SEM_UNDO};
    char c;

    CHECK(unshare(CLONE_SYSVSEM) == 0 && semop(id, &down, 1) == 0);
    claim_tell(at[1]);
    CHECK(read(end[0], &c, 1) == 1);
    return arg;
}

int main(void)
{
    pthread_t t;

    CHECK((id = semget(IPC_PRIVATE, 1, 0600)) >= 0);
    CHECK(semctl(id, 0, SETVAL, 5) == 0 && pipe(at) == 0 && pipe(end) == 0);
    CHECK(pthread_create(&t, NULL, own, NULL) == 0);
    claim_hear(at[0]);
    claim_ready();
    claim_wait();
    BREAK(semctl(id, 0, SETVAL, 4));
    CHECK_EQ(semctl(id, 0, GETVAL), 3);
    CHECK(write(end[1], "x", 1) == 1 && pthread_join(t, NULL) == 0);
    UNTIL(semctl(id, 0, GETVAL) == 5);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    claim_pass();
}
