/* Claim: locks of open file descriptions (F_OFD_SETLK, and flock of a
 * directory) are held again. */
#include "claim.h"
#include <sys/file.h>

static int try_lock(int fd, int type, off_t start, off_t len)
{
    struct flock l = {.l_type = (short)type, .l_whence = SEEK_SET,
                      .l_start = start, .l_len = len};

    return fcntl(fd, F_OFD_SETLK, &l);
}

int main(void)
{
    int a = open(claim_path("data"), O_CREAT | O_RDWR, 0644);
    int b = open(claim_path("data"), O_RDWR), dir, other, gone;

    CHECK(a >= 0 && b >= 0);
    CHECK(try_lock(a, F_WRLCK, 0, 10) == 0);
    CHECK(try_lock(b, F_WRLCK, 10, 10) == 0);
    CHECK(try_lock(a, F_RDLCK, 100, 0) == 0);
    CHECK(try_lock(b, F_RDLCK, 100, 0) == 0);
    CHECK((dir = open(claim_path(""), O_RDONLY | O_DIRECTORY)) >= 0);
    CHECK(flock(dir, LOCK_EX) == 0);
    CHECK((gone = open(claim_path("gone"), O_CREAT | O_RDWR, 0644)) >= 0);
    CHECK(unlink(claim_path("gone")) == 0);
    CHECK(try_lock(gone, F_WRLCK, 1, 1) == 0);
    claim_ready();
    claim_wait();
    BREAK(try_lock(a, F_UNLCK, 0, 10));
    CHECK(try_lock(b, F_WRLCK, 9, 1) < 0 && errno == EAGAIN);
    CHECK(try_lock(a, F_WRLCK, 10, 1) < 0 && errno == EAGAIN);
    CHECK(try_lock(a, F_WRLCK, 200, 1) < 0 && errno == EAGAIN);
    CHECK(try_lock(b, F_UNLCK, 100, 0) == 0);
    CHECK(try_lock(a, F_WRLCK, 200, 1) == 0);
    CHECK((other = open(claim_path(""), O_RDONLY | O_DIRECTORY)) >= 0);
    CHECK(flock(other, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK);
    CHECK(try_lock(gone, F_UNLCK, 1, 1) == 0);
    claim_pass();
}
