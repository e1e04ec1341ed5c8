/* A vfork child that executes a program when the file `exec` is there; its
 * parent then waits for it. */
#include "claim.h"

#include <sys/syscall.h>
#include <time.h>

int main(void)
{
    static const struct timespec nap = {0, 1000000};
    char script[4300];
    int st = 0, got;
    pid_t pid;

    snprintf(script, sizeof script,
             "until [ -e '%s' ]; do read -r x </dev/null; done; exit 5",
             claim_path("verify"));
    pid = vfork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(open(claim_path("ready"), O_CREAT | O_WRONLY, 0600));
        while (access(claim_path("exec"), F_OK))
            syscall(SYS_nanosleep, &nap, NULL);
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    while ((got = waitpid(pid, &st, WNOHANG)) == 0)
        unlink(claim_path("ping"));
    CHECK_EQ(got, pid);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 5);
    claim_pass();
}
