/* Claim: what SEM_UNDO has to undo outlives exec, and a checkpoint of the
 * program that was executed; so does the undoing, when that is killed. */
#include "claim.h"
#include <sys/ipc.h>
#include <sys/sem.h>

int main(int argc, char **argv)
{
    struct sembuf down = {1, -3, SEM_UNDO};
    char fds[40];
    int id, at[2], st;
    pid_t pid;

    if (argc > 1) {
        CHECK(sscanf(argv[1], "%d", &at[1]) == 1);
        claim_tell(at[1]);
        for (;;)
            pause();
    }
    CHECK((id = semget(IPC_PRIVATE, 2, 0600)) >= 0);
    CHECK(semctl(id, 1, SETVAL, 5) == 0 && pipe(at) == 0);
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        CHECK(semop(id, &down, 1) == 0);
        snprintf(fds, sizeof fds, "%d", at[1]);
        execl("/proc/self/exe", argv[0], fds, (char *)NULL);
        _exit(127);
    }
    claim_hear(at[0]);
    claim_ready();
    claim_wait();
    CHECK_EQ(semctl(id, 1, GETVAL), 2);
    BREAK(semctl(id, 1, SETVAL, 2));
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &st, 0) == pid);
    CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
    CHECK_EQ(semctl(id, 1, GETVAL), 5);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    claim_pass();
}
