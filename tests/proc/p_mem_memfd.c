/* Claim: a memory file that is mapped and that nobody has open any more
 * keeps its contents and stays shared. */
#include "claim.h"
#include <sys/mman.h>

int main(void)
{
    int fd = memfd_create("something", 0);
    volatile char *p;
    pid_t pid;

    CHECK(fd >= 0 && ftruncate(fd, 8192) == 0);
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(p != MAP_FAILED && close(fd) == 0);
    p[5000] = 'k';
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        UNTIL(p[0] == 'g' || claim_go());
        UNTIL(p[0] == 'g');
        p[1] = 'r';
        _exit(0);
    }
    claim_ready();
    claim_wait();
    BREAK(p[5000]++);
    CHECK_EQ(p[5000], 'k');
    p[0] = 'g';
    claim_reap(pid);
    CHECK_EQ(p[1], 'r');
    claim_pass();
}
