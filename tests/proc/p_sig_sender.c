/* Claim: a handler sees the sender's pid as the sender sees itself, for kill,
 * sigqueue and SIGCHLD, after a restart too. */
#include "claim.h"

static volatile int pid_of[3], status, code;

static void handler(int s, siginfo_t *si, void *u)
{
    int i = s == SIGCHLD ? 2 : s == SIGUSR1 ? 0 : 1;

    (void)u;
    pid_of[i] = si->si_pid;
    if (s == SIGCHLD) {
        status = si->si_status;
        code = si->si_code;
    }
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    union sigval v = {.sival_int = 5};
    int fd[2];
    pid_t pid, me = getpid();

    CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
    CHECK(sigaction(SIGRTMIN, &sa, NULL) == 0);
    CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
    CHECK(pipe(fd) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        claim_tell(fd[1]);
        UNTIL(claim_go());
        kill(me, SIGUSR1);
        sigqueue(me, SIGRTMIN, v);
        _exit(33);
    }
    claim_hear(fd[0]);
    claim_ready();
    claim_wait();
    UNTIL(pid_of[0] && pid_of[1] && pid_of[2]);
    BREAK(pid++);
    CHECK_EQ(pid_of[0], pid);
    CHECK_EQ(pid_of[1], pid);
    CHECK_EQ(pid_of[2], pid);
    CHECK(status == 33 && code == CLD_EXITED);
    CHECK(waitpid(pid, NULL, 0) == pid);
    claim_pass();
}
