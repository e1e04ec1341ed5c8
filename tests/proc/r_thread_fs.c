/* Claim: a checkpoint of a program with a thread that has a working directory
 * of its own (unshare) is refused by name, and the thread keeps it. */
/* refusal: thread [0-9]+ has a working directory of its own */
#include "claim.h"
#include <pthread.h>
#include <sched.h>

static int at[2], end[2];

static void *own(void *arg)
{
    char c, is[16];

    CHECK(unshare(CLONE_FS) == 0 && chdir("/") == 0);
    claim_tell(at[1]);
    CHECK(read(end[0], &c, 1) == 1);
    CHECK(getcwd(is, sizeof(is)) && !strcmp(is, "/"));
    return arg;
}

int main(void)
{
    pthread_t t;

    CHECK(pipe(at) == 0 && pipe(end) == 0);
    CHECK(pthread_create(&t, NULL, own, NULL) == 0);
    claim_hear(at[0]);
    claim_ready();
    claim_wait();
    BREAK(CHECK(chdir("/") == 0));
    CHECK(access("ready", F_OK) == 0);
    CHECK(write(end[1], "x", 1) == 1 && pthread_join(t, NULL) == 0);
    claim_pass();
}
