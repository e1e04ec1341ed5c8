/* Claim: a checkpoint of a program that maps POSIX shared memory is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: shm|shared */
#include "claim.h"
#include <sys/mman.h>

int main(void)
{
    char name[64], *p;
    int fd;

    snprintf(name, sizeof name, "/claim-%d", (int)getpid());
    CHECK((fd = shm_open(name, O_CREAT | O_RDWR, 0600)) >= 0);
    CHECK(shm_unlink(name) == 0);
    CHECK(ftruncate(fd, 8192) == 0);
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(p != MAP_FAILED);
    strcpy(p, "kept");
    claim_ready();
    claim_wait();
    BREAK(p[0]++);
    CHECK(strcmp(p, "kept") == 0);
    claim_pass();
}
