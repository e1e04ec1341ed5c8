/* Claim: a descriptor of a directory that was removed stays one: it can be
 * asked, is empty, and nothing can be made in it. */
#include "claim.h"
#include <sys/stat.h>

int main(void)
{
    struct stat st;
    int d;

    CHECK(mkdir(claim_path("d"), 0755) == 0);
    CHECK((d = open(claim_path("d"), O_RDONLY | O_DIRECTORY)) >= 0);
    CHECK(rmdir(claim_path("d")) == 0);
    claim_ready();
    claim_wait();
    BREAK(d = open(claim_path(""), O_RDONLY | O_DIRECTORY));
    CHECK(fstat(d, &st) == 0 && S_ISDIR(st.st_mode));
    CHECK_EQ(st.st_nlink, 0);
    CHECK(openat(d, "f", O_CREAT | O_WRONLY, 0644) < 0 && errno == ENOENT);
    claim_pass();
}
