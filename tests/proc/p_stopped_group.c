/* Claim: a whole process group that is stopped (as by ^Z), parent and child,
 * stays stopped; a signal sent meanwhile waits, and SIGCONT makes all of it
 * go on. */
#include "claim.h"

static volatile sig_atomic_t usr1;

static void count(int sig)
{
    (void)sig;
    usr1++;
}

/* The job: a parent that waits for its child. */
static void job(int up, int go)
{
    pid_t child;
    char c;

    CHECK(setpgid(0, 0) == 0);
    signal(SIGUSR1, count);
    CHECK((child = fork()) >= 0);
    if (child == 0) {
        claim_tell(up);
        CHECK_EQ(read(go, &c, 1), 1);
        _exit(5);
    }
    claim_tell(up);
    for (int st;;) {
        if (waitpid(child, &st, 0) < 0)
            continue;
        CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 5);
        CHECK_EQ(usr1, 1);
        _exit(0);
    }
}

int main(void)
{
    int up[2], go[2], st;
    pid_t pid;

    CHECK(pipe(up) == 0 && pipe(go) == 0 && (pid = fork()) >= 0);
    if (pid == 0)
        job(up[1], go[0]);
    claim_hear(up[0]);
    claim_hear(up[0]);
    CHECK(kill(-pid, SIGSTOP) == 0);
    CHECK(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st));
    CHECK(kill(pid, SIGUSR1) == 0);
    claim_ready();
    claim_wait();
    BREAK(kill(-pid, SIGKILL));
    BREAK(waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT));
    CHECK_EQ(waitpid(pid, &st, WUNTRACED | WCONTINUED | WNOHANG), 0);
    CHECK(kill(-pid, SIGCONT) == 0);
    CHECK(waitpid(pid, &st, WCONTINUED) == pid && WIFCONTINUED(st));
    CHECK_EQ(write(go[1], "g", 1), 1);
    claim_reap(pid);
    claim_pass();
}
