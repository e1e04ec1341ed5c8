/* Claim: a signalfd still takes its signals, those that were waiting and new
 * ones, in a process that waits for them too. */
#include "claim.h"

#include <poll.h>
#include <sys/signalfd.h>

static struct signalfd_siginfo take(int fd)
{
    struct signalfd_siginfo s;

    CHECK_EQ(read(fd, &s, sizeof(s)), (ssize_t)sizeof(s));
    return s;
}

static void queue(int sig, int value)
{
    CHECK_EQ(sigqueue(getpid(), sig, (union sigval){value}), 0);
}

int main(void)
{
    int before[2], fd, term, twin;
    sigset_t all, few, one;
    pid_t child;

    sigemptyset(&few);
    sigaddset(&few, SIGUSR1);
    sigaddset(&few, SIGRTMIN + 3);
    sigaddset(&few, SIGRTMAX);
    sigemptyset(&one);
    sigaddset(&one, SIGTERM);
    all = few;
    sigaddset(&all, SIGTERM);
    sigaddset(&all, SIGUSR2);
    CHECK_EQ(sigprocmask(SIG_BLOCK, &all, NULL), 0);
    fd = signalfd(-1, &few, SFD_NONBLOCK | SFD_CLOEXEC);
    term = signalfd(-1, &one, 0);
    CHECK(fd >= 0 && term >= 0 && pipe(before) == 0);
    twin = dup(fd);
    child = fork();
    if (child == 0) { /* waits across the checkpoint */
        claim_tell(before[1]);
        CHECK_EQ(take(term).ssi_signo, SIGTERM);
        _exit(0);
    }
    claim_hear(before[0]);
    queue(SIGRTMIN + 3, 21);
    queue(SIGRTMIN + 3, 22);
    queue(SIGUSR2, 1); /* not for it */
    claim_ready();
    claim_wait();
    BREAK(take(fd));
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK(!(fcntl(term, F_GETFL) & O_NONBLOCK));
    CHECK_EQ(take(fd).ssi_int, 21);
    CHECK_EQ(take(twin).ssi_int, 22);
    CHECK_EQ(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0), 0);
    queue(SIGRTMAX, 23);
    queue(SIGUSR1, 24);
    CHECK_EQ(take(fd).ssi_signo, SIGUSR1);
    CHECK_EQ(take(fd).ssi_int, 23);
    CHECK_EQ(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0), 0);
    CHECK_EQ(kill(child, SIGTERM), 0);
    claim_reap(child);
    claim_pass();
}
