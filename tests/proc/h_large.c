/* Has as much memory to be saved as its argument says, in MiB. */
#include "claim.h"

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? (size_t)atoi(argv[1]) << 18 : 0;
    uint32_t *p = malloc(n * 4);
    uint64_t x = 1;

    CHECK(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint32_t)((x = x * 6364136223846793005u + 1) >> 32);
    claim_ready();
    claim_wait();
    claim_pass();
}
