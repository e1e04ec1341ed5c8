/* Claim: an open file whose directory was renamed is found and writable. */
#include "claim.h"
#include <sys/stat.h>

int main(void)
{
    int fd;

    CHECK(mkdir(claim_path("dir"), 0755) == 0);
    fd = open(claim_path("dir/log"), O_CREAT | O_WRONLY, 0644);
    CHECK(fd >= 0 && write(fd, "ab", 2) == 2);
    CHECK(rename(claim_path("dir"), claim_path("moved")) == 0);
    claim_ready();
    claim_wait();
    BREAK(lseek(fd, 0, SEEK_SET));
    CHECK(write(fd, "cd", 2) == 2);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
    fd = open(claim_path("moved/log"), O_RDONLY);
    CHECK(fd >= 0 && lseek(fd, 0, SEEK_END) == 4);
    claim_pass();
}
