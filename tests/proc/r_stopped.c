/* Claim: a checkpoint with a stopped child is refused by name, the child
 * stays stopped, and SIGCONT makes it go on. */
/* refusal: process [0-9]+, its child, is stopped by a signal */
#include "claim.h"

int main(void)
{
    pid_t pid;
    int st;

    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(3);
    }
    CHECK(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st));
    claim_ready();
    claim_wait();
    BREAK(kill(pid, SIGCONT); waitpid(pid, &st, WCONTINUED));
    CHECK_EQ(waitpid(pid, &st, WUNTRACED | WCONTINUED | WNOHANG), 0);
    CHECK(kill(pid, SIGCONT) == 0);
    CHECK(waitpid(pid, &st, WCONTINUED) == pid && WIFCONTINUED(st));
    CHECK(waitpid(pid, &st, 0) == pid);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 3);
    claim_pass();
}
