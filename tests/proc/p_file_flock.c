/* Claim: a whole-file lock (flock) is held after a restart too. */
#include "claim.h"
#include <sys/file.h>

int main(void)
{
    int fd = open(claim_path("data"), O_CREAT | O_RDWR, 0644), other;

    CHECK(fd >= 0 && flock(fd, LOCK_EX) == 0);
    claim_ready();
    claim_wait();
    BREAK(flock(fd, LOCK_UN));
    CHECK((other = open(claim_path("data"), O_RDWR)) >= 0);
    CHECK(flock(other, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
    CHECK(flock(fd, LOCK_UN) == 0);
    CHECK(flock(other, LOCK_EX | LOCK_NB) == 0);
    claim_pass();
}
