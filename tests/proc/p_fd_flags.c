/* Claim: what F_GETFL, F_GETSIG and F_GETOWN say of a descriptor stays, of
 * whatever kind it is; and who has its signals gets them when O_ASYNC is
 * switched on later. */
#include "claim.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define MOST 32

static struct {
    int fd, flags, sig, owner;
} seen[MOST];
static int count;
static volatile sig_atomic_t told;

static void note(int fd)
{
    CHECK(fd >= 0 && count < MOST);
    seen[count++].fd = fd;
}

static void look(int i, int *flags, int *sig, int *owner)
{
    *flags = fcntl(seen[i].fd, F_GETFL);
    *sig = fcntl(seen[i].fd, F_GETSIG);
    *owner = fcntl(seen[i].fd, F_GETOWN);
}

static void owned(int fd, int sig)
{
    CHECK(fcntl(fd, F_SETOWN, getpid()) == 0);
    CHECK(fcntl(fd, F_SETSIG, sig) == 0);
}

static void on_signal(int sig)
{
    told = sig;
}

int main(void)
{
    static const int ways[] = {O_RDONLY, O_RDWR | O_APPEND, O_WRONLY | O_SYNC,
                               O_RDWR | O_DSYNC, O_RDONLY | O_NOATIME,
                               O_RDWR | O_NONBLOCK, O_RDWR | O_ASYNC, O_PATH,
                               O_PATH | O_NOFOLLOW};
    int plain[2], packets[2], pair[2], again, flags, sig, owner;
    char path[64];

    note(open(claim_path("f"), O_RDWR | O_CREAT | O_TRUNC, 0600));
    CHECK(mkfifo(claim_path("p"), 0600) == 0);
    CHECK(symlink("f", claim_path("l")) == 0);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        note(open(claim_path("f"), ways[i]));
    note(open(claim_path("p"), O_PATH));
    note(open(claim_path("p"), O_RDWR | O_NONBLOCK));
    note(open(claim_path("l"), O_PATH | O_NOFOLLOW));
    note(open(claim_path(""), O_RDONLY));
    note(open(claim_path(""), O_RDONLY | O_DIRECTORY));
    note(open(claim_path(""), O_PATH));
    CHECK(pipe(plain) == 0 && pipe2(packets, O_DIRECT | O_NONBLOCK) == 0);
    CHECK(write(plain[1], "data", 4) == 4);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", plain[0]);
    note(plain[0]);
    note(plain[1]);
    note(packets[0]);
    note(packets[1]);
    note(again = open(path, O_RDONLY | O_NONBLOCK));
    note(eventfd(3, EFD_NONBLOCK));
    owned(seen[count - 1].fd, SIGRTMIN + 2);
    owned(plain[0], SIGRTMIN + 1);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    note(pair[0]);
    owned(pair[0], SIGUSR1);
    CHECK(signal(SIGRTMIN + 1, on_signal) != SIG_ERR);
    for (int i = 0; i < count; i++)
        look(i, &seen[i].flags, &seen[i].sig, &seen[i].owner);
    claim_ready();
    claim_wait();
    BREAK(fcntl(plain[1], F_SETFL, O_NONBLOCK));
    for (int i = 0; i < count; i++) {
        look(i, &flags, &sig, &owner);
        if (flags != seen[i].flags || sig != seen[i].sig ||
            owner != seen[i].owner)
            claim_fail(__FILE__, __LINE__, "number %d: flags %o, were %o; "
                       "signal %d, was %d; owner %d, was %d", i, flags,
                       seen[i].flags, sig, seen[i].sig, owner, seen[i].owner);
    }
    CHECK_EQ(read(again, path, sizeof(path)), 4);
    CHECK(fcntl(plain[0], F_SETFL, O_ASYNC) == 0);
    CHECK(write(plain[1], "!", 1) == 1);
    UNTIL(told == SIGRTMIN + 1);
    claim_pass();
}
