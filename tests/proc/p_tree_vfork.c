/* Claim: a vfork child that has executed a program is a child like others;
 * vfork works after a restart. */
#include "claim.h"

static pid_t shell(const char *script)
{
    pid_t pid = vfork();

    CHECK(pid >= 0);
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    return pid;
}

int main(void)
{
    char script[4300];
    int st;
    pid_t pid;

    snprintf(script, sizeof script,
             "until [ -e '%s' ]; do read -r x </dev/null; done; exit 5",
             claim_path("verify"));
    pid = shell(script);
    claim_ready();
    claim_wait();
    CHECK(waitpid(pid, &st, 0) == pid);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 5);
    pid = shell("exit 6");
    CHECK(waitpid(pid, &st, 0) == pid);
    BREAK(st += 256);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 6);
    claim_pass();
}
