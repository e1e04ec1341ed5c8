/* Claim: a file made without a name (O_TMPFILE) keeps contents and holes, and
 * can be given its name afterwards. */
#include "claim.h"

#include <sys/stat.h>

#define FAR (3 << 20)

int main(void)
{
    static char a[5000], b[5000];
    int fd = open(claim_path(""), O_TMPFILE | O_RDWR, 0640), again;
    char proc[64];
    struct stat st;

    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
        claim_skip("no O_TMPFILE here");
    CHECK(fd >= 0);
    claim_fill(a, sizeof a, 3);
    CHECK_EQ(write(fd, a, sizeof a), (ssize_t)sizeof a);
    CHECK_EQ(pwrite(fd, a, sizeof a, FAR), (ssize_t)sizeof a);
    claim_ready();
    claim_wait();
    BREAK(CHECK(ftruncate(fd, 10) == 0));
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), (off_t)sizeof a);
    CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0);
    CHECK_EQ(st.st_mode & 07777, 0640);
    CHECK(st.st_blocks * 512 < FAR / 2);
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
    CHECK(linkat(AT_FDCWD, proc, AT_FDCWD, claim_path("named"),
                 AT_SYMLINK_FOLLOW) == 0);
    CHECK((again = open(claim_path("named"), O_RDONLY)) >= 0);
    CHECK_EQ(pread(again, b, sizeof b, FAR), (ssize_t)sizeof b);
    CHECK(claim_same(b, sizeof b, 3));
    CHECK_EQ(lseek(again, 0, SEEK_END), FAR + (off_t)sizeof a);
    claim_pass();
}
