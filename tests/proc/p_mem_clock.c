/* Claim: clocks read through the vdso work and don't run backwards. */
#include "claim.h"
#include <sys/time.h>
#include <time.h>

int main(void)
{
    long long last = claim_ms(), now;
    struct timeval tv;
    time_t t0 = time(NULL);
    int go = 0;

    claim_ready();
    while (!go) {
        go = claim_go();
        for (int i = 0; i < 1000; i++) {
            now = claim_ms();
            CHECK(now >= last);
            last = now;
        }
    }
    BREAK(t0 += 1000000);
    CHECK(gettimeofday(&tv, NULL) == 0);
    CHECK(tv.tv_sec >= t0 && tv.tv_sec < t0 + 600);
    CHECK(time(NULL) - tv.tv_sec <= 1);
    claim_pass();
}
