/* Claim: what malloc gave out, of every size, is kept, and malloc goes on. */
#include "claim.h"

#define N 4000

int main(void)
{
    static unsigned char *p[N];
    size_t size[N];

    for (int i = 0; i < N; i++) {
        size[i] = (size_t)(1 + (i * 7919) % (i % 100 == 0 ? 400000 : 3000));
        CHECK((p[i] = malloc(size[i])) != NULL);
        claim_fill(p[i], size[i], (unsigned)i);
    }
    for (int i = 0; i < N; i += 3) {
        free(p[i]);
        p[i] = NULL;
    }
    claim_ready();
    claim_wait();
    BREAK(p[1][0] ^= 1);
    for (int i = 0; i < N; i++)
        CHECK(!p[i] || claim_same(p[i], size[i], (unsigned)i));
    for (int i = 0; i < N; i += 3) {
        CHECK((p[i] = malloc(size[i])) != NULL);
        claim_fill(p[i], size[i], (unsigned)i);
    }
    for (int i = 0; i < N; i++) {
        CHECK(claim_same(p[i], size[i], (unsigned)i));
        free(p[i]);
    }
    claim_pass();
}
