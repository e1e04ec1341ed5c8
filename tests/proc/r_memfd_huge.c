/* Claim: a checkpoint of a program with a memory file of huge pages is refused
 * by name, and the program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*memfd:large.*huge pages */
#include "claim.h"
#include <sys/mman.h>
#include <sys/stat.h>

int main(void)
{
    int fd = memfd_create("large", MFD_HUGETLB);
    struct stat st;

    if (fd < 0)
        claim_skip("no huge pages here");
    claim_ready();
    claim_wait();
    BREAK(close(fd));
    CHECK(!fstat(fd, &st) && st.st_size == 0);
    claim_pass();
}
