/* Adopts orphans. It makes a child, asks for a checkpoint by the file `child`,
 * which has the child's number, and waits until who writes its image is an
 * orphan, and stopped: then there is the file `orphan`, with its number. That
 * is killed (argument `kill`) or let go; what is left of it must be nobody's
 * child, by three ways of waiting. */
#include "claim.h"
#include <sys/prctl.h>

static pid_t wait_one(int way)
{
    siginfo_t info = {0};
    int st;

    if (way == 0)
        return waitpid(-1, &st, 0);
    if (way == 1)
        return waitid(P_ALL, 0, &info, WEXITED) ? -1 : info.si_pid;
    while ((st = waitid(P_PGID, 0, &info, WEXITED | WNOHANG)) == 0 &&
           !info.si_pid)
        claim_nap();
    return st ? -1 : info.si_pid;
}

static void say(const char *name, int number)
{
    FILE *f = fopen(claim_path("said"), "we");

    CHECK(f && fprintf(f, "%d\n", number) > 0 && fclose(f) == 0);
    CHECK(rename(claim_path("said"), claim_path(name)) == 0);
}

int main(int argc, char **argv)
{
    int killed = argc > 1 && !strcmp(argv[1], "kill");
    size_t size = 96 << 20;
    char *p = malloc(size);

    CHECK(p && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    claim_fill(p, size, 1);
    for (int way = 0; way < 3; way++) {
        pid_t pid, orphan;
        FILE *f;

        CHECK((pid = fork()) >= 0);
        if (pid == 0) {
            say("child", (int)getpid());
            for (;;)
                pause();
        }
        CHECK(waitpid(pid, NULL, 0) == pid);
        UNTIL((f = fopen(claim_path("orphan"), "re")) != NULL);
        CHECK(fscanf(f, "%d", &orphan) == 1 && fclose(f) == 0);
        CHECK(waitpid(-1, NULL, WNOHANG) <= 0);
        CHECK(!killed || kill(orphan, SIGKILL) == 0);
        CHECK(kill(orphan, SIGCONT) == 0);
        CHECK_EQ(wait_one(way), -1);
        CHECK(errno == ECHILD && kill(orphan, 0) < 0);
        CHECK(unlink(claim_path("orphan")) == 0);
    }
    claim_ready();
    claim_wait();
    claim_pass();
}
