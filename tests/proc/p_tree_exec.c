/* Claim: a program that has executed itself anew, and its child that has
 * executed a shell, go on with arguments, environment and descriptors. */
#include "claim.h"

int main(int argc, char **argv)
{
    char fds[40];
    int fd[2], st;
    pid_t pid;

    if (argc == 1) {
        CHECK(pipe(fd) == 0);
        snprintf(fds, sizeof fds, "%d", fd[0]);
        setenv("CLAIM_EXTRA", "of exec", 1);
        CHECK((pid = fork()) >= 0);
        if (pid == 0) {
            CHECK(dup2(fd[0], 7) == 7);
            execl("/bin/sh", "sh", "-c",
                  "x=41; read y <&7; [ \"$y\" = go ] && exit $((x+1))",
                  (char *)NULL);
            _exit(127);
        }
        snprintf(fds, sizeof fds, "%d %d", fd[1], (int)pid);
        execl("/proc/self/exe", argv[0], fds, (char *)NULL);
        CHECK(0);
    }
    CHECK(sscanf(argv[1], "%d %d", &fd[1], &pid) == 2);
    claim_ready();
    claim_wait();
    BREAK(unsetenv("CLAIM_EXTRA"));
    CHECK(getenv("CLAIM_EXTRA") && !strcmp(getenv("CLAIM_EXTRA"), "of exec"));
    CHECK(write(fd[1], "go\n", 3) == 3);
    CHECK(waitpid(pid, &st, 0) == pid);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 42);
    claim_pass();
}
