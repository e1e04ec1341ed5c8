/* Claim: a file whose opened name was removed is found by another name that
 * it has in the same directory, and is still that file. */
#include "claim.h"

#include <sys/stat.h>

int main(void)
{
    int fd = open(claim_path("a"), O_CREAT | O_RDWR, 0644), odd;
    struct stat x, y;

    CHECK(fd >= 0 && write(fd, "one", 3) == 3);
    CHECK(link(claim_path("a"), claim_path("b")) == 0);
    CHECK(unlink(claim_path("a")) == 0);
    odd = open(claim_path("odd (deleted)"), O_CREAT | O_RDWR, 0644);
    CHECK(odd >= 0 && write(odd, "odd", 3) == 3);
    claim_ready();
    claim_wait();
    BREAK(fd = open(claim_path("c"), O_CREAT | O_RDWR, 0644));
    CHECK(fstat(fd, &x) == 0 && stat(claim_path("b"), &y) == 0);
    CHECK_EQ(x.st_ino, y.st_ino);
    CHECK_EQ(x.st_nlink, 1);
    CHECK_EQ(write(fd, "two", 3), 3);
    CHECK(fstat(fd, &x) == 0 && x.st_size == 6);
    CHECK(fstat(odd, &x) == 0 && x.st_nlink == 1);
    CHECK_EQ(lseek(odd, 0, SEEK_CUR), 3);
    claim_pass();
}
