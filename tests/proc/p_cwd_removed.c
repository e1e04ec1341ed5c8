/* Claim: a process in a directory that was removed is in one afterwards, one
 * whose name has the kernel's mark at its end in its own. */
#include "claim.h"
#include <sys/stat.h>

static void check_removed(void)
{
    struct stat dot, up, old;
    char is[4096];

    CHECK(!getcwd(is, sizeof is) && errno == ENOENT);
    CHECK(stat(".", &dot) == 0 && S_ISDIR(dot.st_mode));
    CHECK_EQ(dot.st_nlink, 0);
    CHECK(open("f", O_CREAT | O_WRONLY, 0644) < 0 && errno == ENOENT);
    CHECK(stat("..", &up) == 0 && stat(claim_path(""), &old) == 0);
    CHECK_EQ(up.st_ino, old.st_ino);
}

int main(void)
{
    static const char *const name[] = {"b", "b (deleted)", "c (deleted)"};
    char is[4096];
    int fd[2];
    pid_t pid[3];

    for (int i = 0; i < 3; i++)
        CHECK(mkdir(claim_path(name[i]), 0755) == 0);
    CHECK(mkdir(claim_path("d"), 0755) == 0 && chdir(claim_path("d")) == 0);
    CHECK(rmdir(claim_path("d")) == 0);
    CHECK(pipe(fd) == 0);
    for (int i = 0; i < 3; i++) {
        CHECK((pid[i] = fork()) >= 0);
        if (pid[i])
            continue;
        CHECK(chdir(claim_path(name[i])) == 0);
        if (i == 0)
            CHECK(rmdir(claim_path(name[i])) == 0);
        claim_tell(fd[1]);
        UNTIL(claim_go());
        if (i == 0)
            check_removed();
        else
            CHECK(getcwd(is, sizeof is) && !strcmp(is, claim_path(name[i])));
        _exit(0);
    }
    for (int i = 0; i < 3; i++)
        claim_hear(fd[0]);
    claim_ready();
    claim_wait();
    BREAK(CHECK(chdir("/") == 0));
    check_removed();
    CHECK(chdir("..") == 0 && access("c (deleted)", F_OK) == 0);
    for (int i = 0; i < 3; i++)
        claim_reap(pid[i]);
    claim_pass();
}
