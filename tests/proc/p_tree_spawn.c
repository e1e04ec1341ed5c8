/* Claim: posix_spawn'ed children, with file actions and attributes, go on;
 * posix_spawnp works after a restart. */
#include "claim.h"
#include <spawn.h>

extern char **environ;

int main(void)
{
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t at;
    sigset_t none, dfl;
    int fd[2], st, n;
    pid_t pid;
    char buf[64];
    char *cat[] = {"cat", NULL}, *no[] = {"false", NULL};
    int out[2];

    CHECK(pipe(fd) == 0 && pipe(out) == 0);
    fcntl(fd[1], F_SETFD, FD_CLOEXEC);
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_adddup2(&fa, fd[0], 0);
    posix_spawn_file_actions_adddup2(&fa, out[1], 1);
    posix_spawnattr_init(&at);
    sigemptyset(&none);
    sigfillset(&dfl);
    posix_spawnattr_setsigmask(&at, &none);
    posix_spawnattr_setsigdefault(&at, &dfl);
    posix_spawnattr_setpgroup(&at, 0);
    posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK |
                                      POSIX_SPAWN_SETSIGDEF |
                                      POSIX_SPAWN_SETPGROUP);
    CHECK(posix_spawn(&pid, "/bin/cat", &fa, &at, cat, environ) == 0);
    CHECK_EQ(getpgid(pid), pid);
    claim_ready();
    claim_wait();
    CHECK_EQ(getpgid(pid), pid);
    CHECK(write(fd[1], "hello", 5) == 5);
    close(fd[1]);
    for (n = 0; n < 5; n += st)
        CHECK((st = (int)read(out[0], buf + n, sizeof buf - (size_t)n)) > 0);
    BREAK(buf[0]++);
    CHECK(n == 5 && memcmp(buf, "hello", 5) == 0);
    CHECK(waitpid(pid, &st, 0) == pid && st == 0);
    CHECK(posix_spawnp(&pid, "false", NULL, NULL, no, environ) == 0);
    CHECK(waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == 1);
    claim_pass();
}
