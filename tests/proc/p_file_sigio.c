/* Claim: who gets the signals of a descriptor, and which (F_SETOWN, F_SETSIG,
 * O_ASYNC), is kept: a pipe's reader hears of data, a child of its own
 * socket, with the descriptor's number. */
#include "claim.h"

#include <sys/socket.h>

static volatile sig_atomic_t fd_told = -1, plain;

static void with_fd(int sig, siginfo_t *si, void *uc)
{
    (void)sig;
    (void)uc;
    fd_told = si->si_fd;
}

static void hear(int sig)
{
    (void)sig;
    plain = 1;
}

static void listen_at(int fd, pid_t owner, int sig)
{
    struct sigaction sa = {.sa_sigaction = with_fd, .sa_flags = SA_SIGINFO};

    CHECK(sigaction(SIGRTMIN, &sa, NULL) == 0);
    signal(SIGIO, hear);
    CHECK(fcntl(fd, F_SETOWN, owner) == 0);
    CHECK(fcntl(fd, F_SETSIG, sig) == 0);
    CHECK(fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK) == 0);
}

int main(void)
{
    int tube[2], sock[2], up[2];
    struct f_owner_ex own = {F_OWNER_TID, getpid()}; /* one thread, no process */
    pid_t child;

    CHECK(pipe(tube) == 0 && pipe(up) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sock) == 0);
    listen_at(tube[0], getpid(), SIGRTMIN);
    CHECK(fcntl(tube[0], F_SETOWN_EX, &own) == 0);
    CHECK((child = fork()) >= 0);
    if (child == 0) {
        listen_at(sock[0], getpid(), 0);
        claim_tell(up[1]);
        UNTIL(plain || claim_go());
        UNTIL(plain);
        _exit(0);
    }
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    BREAK(fcntl(tube[0], F_SETOWN, 0));
    CHECK_EQ(fcntl(tube[0], F_GETOWN), getpid());
    CHECK(fcntl(tube[0], F_GETOWN_EX, &own) == 0);
    CHECK_EQ(own.type, F_OWNER_TID);
    CHECK_EQ(fcntl(sock[0], F_GETOWN), child);
    CHECK_EQ(fcntl(tube[0], F_GETSIG), SIGRTMIN);
    CHECK_EQ(fd_told, -1);
    CHECK_EQ(write(tube[1], "x", 1), 1);
    UNTIL(fd_told == tube[0]);
    CHECK_EQ(write(sock[1], "y", 1), 1);
    claim_reap(child);
    CHECK_EQ(plain, 0);
    claim_pass();
}
