/* Claim: /proc/<pid> with the pid as the program knows it, its own and its
 * child's, is that process. */
#include "claim.h"

static void comm(pid_t pid, char *buf)
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    buf[0] = 0;
    f = fopen(path, "r");
    if (f) {
        CHECK(fgets(buf, 40, f));
        fclose(f);
    }
}

int main(void)
{
    char buf[40], path[64], to[4096];
    int up[2], st;
    pid_t pid, me = getpid();

    CHECK(pipe(up) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        FILE *f = fopen("/proc/self/comm", "w");

        CHECK(f && fputs("the child", f) >= 0 && fclose(f) == 0);
        claim_tell(up[1]);
        for (;;)
            pause();
    }
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    BREAK(pid++);
    comm(me, buf);
    CHECK(strcmp(buf, "p_tree_procpath\n") == 0);
    comm(pid, buf);
    CHECK(strcmp(buf, "the child\n") == 0);
    snprintf(path, sizeof path, "/proc/%d/exe", (int)me);
    CHECK(readlink(path, to, sizeof to) > 0);
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &st, 0) == pid);
    claim_pass();
}
