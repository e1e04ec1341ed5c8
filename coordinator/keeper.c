/* keeper.c - see keeper.h. */
#include "coordinator/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "coordinator/loop.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"

#define MOST 5             /* in */
#define WITHIN_MS 60000    /* or something is wrong that nobody mends so */

static const int passed_on[] = {SIGTERM, SIGINT, SIGHUP};

void ck_leave_terminal(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return;
    dup2(fd, 0);
    dup2(fd, 1);
    dup2(fd, 2);
    close(fd);
}

/* Was one started for the MOST-th last time less than WITHIN_MS ago? */
static int too_often(int64_t at[MOST])
{
    int64_t first = at[0];

    memmove(at, at + 1, (MOST - 1) * sizeof at[0]);
    at[MOST - 1] = ck_now();
    return first && at[MOST - 1] < first + WITHIN_MS;
}

/* What a terminal sends, all of its group get by themselves. */
static int wait_for(pid_t pid, const sigset_t *set)
{
    siginfo_t info;
    int status, sig;

    for (;;) {
        sig = sigwaitinfo(set, &info);
        if (sig > 0 && sig != SIGCHLD && info.si_code <= 0)
            kill(pid, sig);
        if (waitpid(pid, &status, WNOHANG) == pid)
            return status;
    }
}

/* 1: another one is to be started. */
static int replace(pid_t pid, int sig, int64_t started[MOST], const char *dir)
{
    char path[CK_PATH];

    if (ck_jobdir_path(path, sizeof path, dir, "log") == 0)
        ck_log_file(path, "keeper");
    if (too_often(started)) {
        ck_log("the coordinator was killed by signal %d, as were %d before "
               "it: there is none any more", sig, MOST);
        return 0;
    }
    ck_log("the coordinator (process %d) was killed by signal %d: another one "
           "takes its place", (int)pid, sig);
    return 1;
}

int ck_keep(int (*serve)(void *arg, int again), void *arg, int ready_fd,
            const char *dir)
{
    int64_t started[MOST] = {0};
    sigset_t set, before;
    int again = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (unsigned i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
        sigaddset(&set, passed_on[i]);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would have no status */
    sigprocmask(SIG_BLOCK, &set, &before);
    for (;; again = 1) {
        pid_t pid = fork();
        int status;

        if (pid <= 0) {
            if (pid < 0)
                ck_log("nobody waits for this coordinator: %s",
                       strerror(errno));
            sigprocmask(SIG_SETMASK, &before, NULL);
            return serve(arg, again);
        }
        if (!again) {
            prctl(PR_SET_NAME, "ckpt-keeper", 0, 0, 0);
            if (ready_fd >= 0) {
                close(ready_fd);
                ck_leave_terminal();
            }
        }
        status = wait_for(pid, &set);
        if (!WIFSIGNALED(status))
            return WEXITSTATUS(status);
        if (!replace(pid, WTERMSIG(status), started, dir))
            return 128 + WTERMSIG(status);
    }
}
