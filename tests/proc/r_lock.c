/* Claim: a checkpoint of a program that holds a record lock is refused by
 * name, and the program keeps the lock. */
/* refusal: descriptor [0-9]+.*lock */
#include "claim.h"

int main(void)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    int fd = open(claim_path("data"), O_CREAT | O_RDWR, 0644), st;
    pid_t pid;

    CHECK(fd >= 0 && fcntl(fd, F_SETLK, &l) == 0);
    claim_ready();
    claim_wait();
    BREAK(close(dup(fd)));
    CHECK((pid = fork()) >= 0);
    if (pid == 0)
        _exit(fcntl(fd, F_SETLK, &l) == -1 ? 0 : 1);
    CHECK(waitpid(pid, &st, 0) == pid);
    CHECK_EQ(st, 0);
    claim_pass();
}
