/* What t_stopped_meanwhile stops: a child that calls all the time what
 * translates numbers, removes `ping` as a sign of life, and ends at `verify`. */
#include "claim.h"

int main(void)
{
    pid_t pid = fork();
    char text[16];
    int fd;

    CHECK(pid >= 0);
    while (pid == 0 && !claim_go()) {
        for (int i = 0; i < 2000; i++)
            CHECK(getpgid(0) > 0 && kill(getpid(), 0) == 0);
    }
    if (pid == 0)
        _exit(0);
    fd = open(claim_path("pid"), O_CREAT | O_WRONLY, 0644);
    CHECK(fd >= 0 && write(fd, text, (size_t)sprintf(text, "%d", pid)) > 0);
    claim_ready();
    claim_reap(pid);
    return 0;
}
