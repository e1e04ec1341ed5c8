/* h_orphaned.c - loses one of the ties that its process group has to others of
 * the session, while one of the group is stopped. Exit: 0, and 3 if the kernel
 * has hung up the group for that. */
#include "claim.h"

/* Leads another group, has a child in the first one, and dies. */
static void tie(int in_place)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        for (;;)
            pause();
    CHECK(setpgid(0, 0) == 0);
    CHECK(write(in_place, &pid, sizeof(pid)) == sizeof(pid));
    for (;;)
        pause();
}

int main(void)
{
    pid_t middle, child, stopped;
    sigset_t hup, now;
    int p[2], st;

    sigemptyset(&hup);
    sigaddset(&hup, SIGHUP);
    CHECK(sigprocmask(SIG_BLOCK, &hup, NULL) == 0 && pipe(p) == 0);
    if ((middle = fork()) == 0)
        tie(p[1]);
    CHECK(read(p[0], &child, sizeof(child)) == sizeof(child));
    if ((stopped = fork()) == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    CHECK(waitpid(stopped, &st, WUNTRACED) == stopped && WIFSTOPPED(st));
    CHECK(kill(middle, SIGKILL) == 0 && waitpid(middle, NULL, 0) == middle);
    CHECK(kill(child, SIGKILL) == 0 && kill(stopped, SIGKILL) == 0);
    CHECK(sigpending(&now) == 0);
    return sigismember(&now, SIGHUP) ? 3 : 0;
}
