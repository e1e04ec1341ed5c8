/* Claim: what a stream of /proc/self/stat tells of the process's numbers and
 * threads is what the program knows: Python asks there before it forks. */
#include "claim.h"

#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>

static void *wait_long(void *arg)
{
    pause();
    return arg;
}

static void look(int threads)
{
    char line[2048] = "", state;
    int pid, ppid, pgrp, session, n = -1;
    FILE *f = fopen("/proc/self/stat", "r");
    char *p;

    CHECK(f != NULL && fgets(line, sizeof line, f) != NULL);
    CHECK(fgetc(f) == EOF);
    fclose(f);
    pid = atoi(line);
    CHECK(strstr(line, " (a) b) ") != NULL);
    p = strrchr(line, ')');
    CHECK(p && sscanf(p + 2, "%c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
                             "%*d %*d %*d %*d %d",
                      &state, &ppid, &pgrp, &session, &n) == 5);
    CHECK_EQ(pid, getpid());
    CHECK_EQ(ppid, getppid());
    CHECK_EQ(pgrp, getpgrp());
    CHECK_EQ(session, getsid(0));
    CHECK_EQ(n, threads);
    CHECK(state == 'R');
}

int main(void)
{
    pthread_t t;
    pid_t pid;
    int fd = dup(0);

    CHECK(prctl(PR_SET_NAME, "a) b") == 0);
    close(fd);
    look(1);
    claim_ready();
    claim_wait();
    BREAK(pthread_create(&t, NULL, wait_long, NULL));
    look(1);
    pid = fork();
    if (pid == 0) {
        look(1);
        _exit(0);
    }
    claim_reap(pid);
    CHECK(pthread_create(&t, NULL, wait_long, NULL) == 0);
    look(2);
    CHECK_EQ(dup(0), fd);
    claim_pass();
}
