/* Claim: a file that is open in a directory nobody may enter any more, so that
 * no restart could open it, is refused by name before the set is committed. */
/* refusal: not be restarted: .*descriptor [0-9]+: .*closed/file.*Permission denied */
#include "claim.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    const char *dir = claim_path("closed");
    char c = 0;
    int fd;

    if (geteuid() == 0)
        claim_skip("root may enter every directory");
    CHECK(!mkdir(dir, 0700));
    fd = open("closed/file", O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1);
    CHECK(!chmod(dir, 0));
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK_EQ(pread(fd, &c, 1, 0), 1);
    CHECK_EQ(c, 'x');
    CHECK(!chmod(dir, 0700));
    claim_pass();
}
