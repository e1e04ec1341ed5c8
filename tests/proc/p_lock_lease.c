/* Claim: a lease is held again, and who opens the file against it makes the
 * holder hear of it. */
#include "claim.h"

static volatile sig_atomic_t asked;

static void hear(int sig)
{
    (void)sig;
    asked = 1;
}

int main(void)
{
    int fd = open(claim_path("data"), O_CREAT | O_RDONLY, 0644);
    pid_t pid;

    CHECK(fd >= 0);
    signal(SIGIO, hear);
    CHECK(fcntl(fd, F_SETLEASE, F_RDLCK) == 0);
    claim_ready();
    claim_wait();
    BREAK(fcntl(fd, F_SETLEASE, F_UNLCK));
    CHECK_EQ(fcntl(fd, F_GETLEASE), F_RDLCK);
    CHECK((pid = fork()) >= 0);
    if (pid == 0)
        _exit(open(claim_path("data"), O_WRONLY) < 0);
    UNTIL(asked);
    CHECK(fcntl(fd, F_SETLEASE, F_UNLCK) == 0);
    claim_reap(pid);
    claim_pass();
}
