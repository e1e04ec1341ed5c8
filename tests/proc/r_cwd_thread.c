/* Claim: a checkpoint of a program with a thread that has a working directory
 * of its own is refused by name, and the thread keeps it. */
/* refusal: has a working directory and umask of its own */
#include "claim.h"

#include <pthread.h>
#include <sched.h>

static int fd[2];

static void *apart(void *arg)
{
    char cwd[64];

    (void)arg;
    CHECK(unshare(CLONE_FS) == 0 && chdir("/proc") == 0);
    claim_tell(fd[1]);
    claim_wait();
    BREAK(CHECK(chdir("/") == 0));
    CHECK(getcwd(cwd, sizeof cwd) && !strcmp(cwd, "/proc"));
    return NULL;
}

int main(void)
{
    char before[4096], after[4096];
    pthread_t t;

    CHECK(pipe(fd) == 0 && getcwd(before, sizeof before));
    CHECK(pthread_create(&t, NULL, apart, NULL) == 0);
    claim_hear(fd[0]);
    claim_ready();
    CHECK(pthread_join(t, NULL) == 0);
    CHECK(getcwd(after, sizeof after) && !strcmp(before, after));
    claim_pass();
}
