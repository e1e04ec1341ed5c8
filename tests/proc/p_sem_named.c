/* Claim: a process that opens a semaphore by its name later meets the one that
 * those who had it before have mapped. */
#include "claim.h"
#include <semaphore.h>

static char name[64];

static int meet(char **self)
{
    pid_t pid = fork();
    int st;

    CHECK(pid >= 0);
    if (pid == 0) {
        execl(self[0], self[0], name, (char *)NULL);
        _exit(9);
    }
    CHECK(waitpid(pid, &st, 0) == pid);
    return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

int main(int argc, char **argv)
{
    sem_t *s;
    int v;

    if (argc > 1) {
        s = sem_open(argv[1], 0);
        return s == SEM_FAILED || sem_post(s) ? 1 : 0;
    }
    snprintf(name, sizeof(name), "/ckpt-claim-%d", (int)getpid());
    s = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
    if (s == SEM_FAILED)
        claim_skip("no POSIX semaphores here");
    claim_ready();
    claim_wait();
    BREAK(sem_unlink(name));
    v = meet(argv);
    sem_unlink(name);
    CHECK_EQ(v, 0);
    CHECK(sem_getvalue(s, &v) == 0);
    CHECK_EQ(v, 1);
    claim_pass();
}
