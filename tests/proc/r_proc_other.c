/* Claim: a checkpoint with a file of another process's directory in /proc is
 * refused by name, and the program reads it on. */
/* refusal: descriptor [0-9]+ is /proc/[0-9]+/stat, which belongs to another process */
#include "claim.h"

int main(void)
{
    char path[64], c;
    pid_t pid = fork();
    int fd;

    CHECK(pid >= 0);
    if (pid == 0)
        for (;;)
            pause();
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    CHECK((fd = open(path, O_RDONLY)) >= 0);
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK_EQ(read(fd, &c, 1), 1);
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    claim_pass();
}
