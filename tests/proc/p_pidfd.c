/* Claim: a pidfd leads to the same process as before: to one that runs, one
 * that has ended, one that is gone, a parent, and oneself. */
#include "claim.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#define OF_PIDFD ((idtype_t)3) /* P_PIDFD */

static int open_pidfd(pid_t pid, unsigned flags)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, flags);

    CHECK(fd >= 0);
    return fd;
}

static int ended(int pidfd, int ms)
{
    return poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, ms) == 1;
}

static int send_signal(int pidfd, int sig)
{
    return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

static int status_of(int pidfd)
{
    siginfo_t si;

    CHECK_EQ(waitid(OF_PIDFD, (id_t)pidfd, &si, WEXITED), 0);
    return si.si_status;
}

/* Ends when its parent's pidfd can be used, and a signal has come. */
static _Noreturn void child_main(int parent, int up)
{
    sigset_t set;
    int sig;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    claim_tell(up);
    CHECK(!sigwait(&set, &sig) && sig == SIGUSR1);
    CHECK_EQ(send_signal(parent, SIGUSR2), 0);
    _exit(7);
}

int main(void)
{
    int up[2], self = open_pidfd(getpid(), 0), live, dead, gone, set;
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 5};
    pid_t child, other, short_lived;
    sigset_t usr2;
    int sig;

    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    CHECK(!sigprocmask(SIG_BLOCK, &usr2, NULL) && !pipe(up));
    short_lived = fork();
    if (short_lived == 0)
        _exit(0);
    gone = open_pidfd(short_lived, 0);
    claim_reap(short_lived);
    child = fork();
    if (child == 0)
        child_main(self, up[1]);
    live = open_pidfd(child, O_NONBLOCK);
    other = fork();
    if (other == 0)
        _exit(3);
    dead = open_pidfd(other, 0);
    CHECK(ended(dead, 5000));
    set = epoll_create1(0);
    CHECK_EQ(epoll_ctl(set, EPOLL_CTL_ADD, live, &ev), 0);
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    BREAK(CHECK(!send_signal(live, SIGKILL) && ended(live, 5000)));
    CHECK(fcntl(live, F_GETFL) & O_NONBLOCK);
    CHECK_EQ(fcntl(live, F_GETFD), FD_CLOEXEC);
    CHECK(ended(gone, 0) && ended(dead, 0));
    CHECK(send_signal(gone, 0) < 0 && errno == ESRCH);
    CHECK_EQ(status_of(dead), 3);
    CHECK(!ended(live, 0));
    CHECK_EQ(epoll_wait(set, &ev, 1, 0), 0);
    CHECK_EQ(send_signal(live, SIGUSR1), 0);
    CHECK(!sigwait(&usr2, &sig) && sig == SIGUSR2);
    CHECK_EQ(epoll_wait(set, &ev, 1, 5000), 1);
    CHECK_EQ(ev.data.u64, 5);
    CHECK(ended(live, 5000));
    CHECK_EQ(status_of(live), 7);
    CHECK_EQ(epoll_ctl(set, EPOLL_CTL_DEL, live, NULL), 0);
    claim_pass();
}
