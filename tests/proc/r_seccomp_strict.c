/* Claim: a checkpoint of a program with a thread in seccomp's strict mode,
 * whose first other call than read, write and exit ends it, is refused by
 * name, and the thread lives. */
/* refusal: has installed a seccomp filter */
#include "claim.h"

#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static volatile int go;
static int fd[2];

static void *confined(void *arg)
{
    (void)arg;
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
    CHECK(write(fd[1], "", 1) == 1);
    while (!go)
        ;
    CHECK(write(fd[1], "", 1) == 1);
    syscall(SYS_exit, 0);
    return NULL;
}

int main(void)
{
    pthread_t t;

    CHECK(pipe(fd) == 0);
    CHECK(pthread_create(&t, NULL, confined, NULL) == 0);
    claim_hear(fd[0]);
    claim_ready();
    claim_wait();
    go = 1;
    claim_hear(fd[0]);
    BREAK(claim_fail(__FILE__, __LINE__, "it can't be let out"));
    CHECK(pthread_join(t, NULL) == 0);
    claim_pass();
}
