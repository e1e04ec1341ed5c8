/* Claim: a program inside system() gets the command's status, wherever the
 * checkpoint came, and its SIGINT, SIGQUIT and SIGCHLD are as before. */
#include "claim.h"

static void handler(int s)
{
    (void)s;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handler}, is;
    sigset_t now;
    char cmd[9000];
    int st;

    CHECK(sigaction(SIGINT, &sa, NULL) == 0);
    snprintf(cmd, sizeof cmd,
             "x=3; mkdir '%s'; until [ -e '%s' ]; do rm -f '%s'; "
             "done; exit $((x+4))",
             claim_path("ready"), claim_path("verify"), claim_path("ping"));
    st = system(cmd);
    BREAK(st = 0);
    CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 7);
    CHECK(sigaction(SIGINT, NULL, &is) == 0 && is.sa_handler == handler);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
    CHECK(!sigismember(&now, SIGCHLD));
    CHECK_EQ(system("exit 9"), 9 << 8);
    claim_pass();
}
