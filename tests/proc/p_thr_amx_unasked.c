/* Claim: a process that has not asked for AMX does not have it afterwards,
 * and one thread's vectors are kept as ever. */
#include "amx.h"

int main(void)
{
    static unsigned char in[64], out[64];
    uint64_t before = 0, after = 0;
    pthread_t t;

    if (!__builtin_cpu_supports("avx") || !amx_permission(&before))
        claim_skip("nothing of the kind here");
    claim_fill(in, sizeof in, 11);
    t = hold_start();
    AVX_HOLD(in, out, &hold_flag, &hold_entered);
    CHECK(memcmp(in, out, 32) == 0);
    CHECK(amx_permission(&after));
    BREAK(after |= 1 << AMX_TILEDATA);
    CHECK(after == before);
    pthread_join(t, NULL);
    claim_pass();
}
