/* Claim: a process whose last thread ends by SYS_exit ends with it: a child
 * that clone() has made when its function returns, one that ends itself by
 * syscall(), with and without another thread that lives longer, and where it
 * may make no other call; and one that is new afterwards. */
#include "claim.h"
#include <pthread.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

enum { CLONE, FILES, RAW, THREAD, KINDS };

static char stack[1 << 16] __attribute__((aligned(16)));
static int hold[2]; /* closed by the parent: end */

static void wait_end(void)
{
    char c;

    close(hold[1]);
    CHECK(read(hold[0], &c, 1) == 0);
}

static int returns(void *arg)
{
    if (arg)
        wait_end();
    return 5;
}

static void *lives_longer(void *arg)
{
    char path[64], stat[512] = "";
    int fd;

    (void)arg;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
    for (int i = 0; i < 20000 && !strstr(stat, ") Z "); i++) {
        fd = open(path, O_RDONLY);
        CHECK(fd >= 0 && read(fd, stat, sizeof stat - 1) > 0);
        close(fd);
        claim_nap();
    }
    if (arg) {
        claim_tell(*(int *)arg);
        wait_end();
    }
    syscall(SYS_exit, 7);
    return NULL;
}

/* The process's status: of the last thread, or of the first. */
static int of_two(void)
{
    struct utsname u;

    CHECK(uname(&u) == 0);
    return atoi(u.release) >= 6 ? 7 : 5;
}

static pid_t make(int kind, int *tell, int waits)
{
    void *arg = waits ? &hold : NULL;
    pthread_t t;
    pid_t pid;

    if (kind == CLONE || kind == FILES)
        return clone(returns, stack + sizeof stack,
                     SIGCHLD | (kind == FILES && !waits ? CLONE_FILES : 0),
                     arg);
    pid = fork();
    if (pid)
        return pid;
    if (kind == THREAD)
        CHECK(pthread_create(&t, NULL, lives_longer, waits ? tell : NULL) ==
              0);
    else if (waits)
        wait_end();
    syscall(SYS_exit, 5);
    return -1;
}

static void ends(pid_t pid, int with)
{
    int st = 0;

    UNTIL(waitpid(pid, &st, WNOHANG) == pid);
    CHECK(WIFEXITED(st));
    CHECK_EQ(WEXITSTATUS(st), with);
}

static void strict(void)
{
    pid_t pid = fork();

    if (!pid) {
        CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
        syscall(SYS_exit, 5);
    }
    ends(pid, 5);
}

int main(void)
{
    pid_t pid[KINDS];
    int fd[2];

    CHECK(pipe(hold) == 0 && pipe(fd) == 0);
    for (int i = 0; i < KINDS; i++) {
        ends(make(i, NULL, 0), i == THREAD ? of_two() : 5);
        pid[i] = make(i, &fd[1], 1);
        CHECK(pid[i] > 0);
    }
    strict();
    claim_hear(fd[0]);
    claim_ready();
    claim_wait();
    close(hold[1]);
    BREAK(ends(pid[RAW], 6));
    for (int i = 0; i < KINDS; i++) {
        ends(pid[i], i == THREAD ? of_two() : 5);
        ends(make(i, NULL, 0), i == THREAD ? of_two() : 5);
    }
    strict();
    claim_pass();
}
