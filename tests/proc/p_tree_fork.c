/* Claim: getpid, getppid and gettid are what they were, in parent, child and
 * thread, called through the C library and as raw system calls. */
#include "claim.h"
#include <pthread.h>
#include <sys/syscall.h>

static volatile int up, go_on;
static pid_t me;

static void *work(void *arg)
{
    pid_t tid = gettid();

    (void)arg;
    CHECK_EQ(syscall(SYS_gettid), tid);
    up = 1;
    UNTIL(go_on);
    CHECK_EQ(gettid(), tid);
    CHECK_EQ(syscall(SYS_gettid), tid);
    CHECK_EQ(getpid(), me);
    CHECK(tid != me);
    return NULL;
}

int main(void)
{
    pid_t pid;
    pthread_t t;
    int fd[2];

    me = getpid();
    CHECK_EQ(gettid(), me);
    CHECK(pthread_create(&t, NULL, work, NULL) == 0);
    UNTIL(up);
    CHECK(pipe(fd) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        pid = getpid();
        CHECK_EQ(getppid(), me);
        claim_tell(fd[1]);
        UNTIL(claim_go());
        CHECK_EQ(getpid(), pid);
        CHECK_EQ(syscall(SYS_getpid), pid);
        CHECK_EQ(gettid(), pid);
        CHECK_EQ(getppid(), me);
        _exit(0);
    }
    claim_hear(fd[0]);
    claim_ready();
    claim_wait();
    BREAK(me++);
    CHECK_EQ(getpid(), me);
    CHECK_EQ(syscall(SYS_getpid), me);
    CHECK_EQ(gettid(), me);
    go_on = 1;
    CHECK(pthread_join(t, NULL) == 0);
    claim_reap(pid);
    claim_pass();
}
