/* Claim: a file that was deleted while open keeps contents, offset and
 * sharing between parent and child. */
#include "claim.h"
#include <sys/stat.h>

#define SIZE 300000

int main(void)
{
    int fd = open(claim_path("gone"), O_CREAT | O_RDWR | O_TRUNC, 0600);
    int ro = open(claim_path("gone"), O_RDONLY), up[2], down[2];
    char *buf = malloc(SIZE);
    struct stat st;
    pid_t pid;

    CHECK(fd >= 0 && ro >= 0 && buf);
    claim_fill(buf, SIZE, 1);
    CHECK(write(fd, buf, SIZE) == SIZE && unlink(claim_path("gone")) == 0);
    CHECK(lseek(fd, 77, SEEK_SET) == 77);
    CHECK(pipe(up) == 0 && pipe(down) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        claim_tell(up[1]);
        claim_hear(down[0]);
        CHECK_EQ(lseek(fd, 0, SEEK_CUR), 78);
        CHECK(pwrite(fd, "Z", 1, 5) == 1);
        claim_tell(up[1]);
        _exit(0);
    }
    close(up[1]);
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    BREAK(lseek(fd, 5, SEEK_SET));
    CHECK(fstat(fd, &st) == 0);
    CHECK(st.st_nlink == 0 && st.st_size == SIZE && (st.st_mode & 07777) ==
          0600);
    CHECK(access(claim_path("gone"), F_OK) != 0);
    CHECK(read(fd, &buf[77], 1) == 1);
    CHECK(pread(ro, buf, SIZE, 0) == SIZE && claim_same(buf, SIZE, 1));
    claim_tell(down[1]);
    claim_hear(up[0]);
    CHECK(pread(ro, buf, 8, 0) == 8 && buf[5] == 'Z'); /* one file still */
    claim_reap(pid);
    claim_pass();
}
