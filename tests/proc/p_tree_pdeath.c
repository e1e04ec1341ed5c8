/* Claim: the signal at a parent's death is armed again: it comes after the
 * restart when the parent ends, and not before. It comes for each thread of
 * the parent that ends as the last one's heir, which the hidden one may be. */
#include "claim.h"
#include <sys/prctl.h>
#include <sys/stat.h>

static volatile int told;

static void handler(int s)
{
    (void)s;
    told++;
}

int main(void)
{
    int up[2], hold[2];
    pid_t mid;
    char c;

    CHECK(pipe(up) == 0 && pipe(hold) == 0 && (mid = fork()) >= 0);
    if (mid == 0) {
        pid_t kid;

        CHECK((kid = fork()) >= 0);
        if (kid == 0) {
            close(up[0]);
            signal(SIGUSR1, handler);
            CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
            claim_tell(up[1]);
            UNTIL(claim_go());
            BREAK(prctl(PR_SET_PDEATHSIG, 0));
            CHECK_EQ(told, 0);
            claim_tell(up[1]);
            UNTIL(told >= 1 || access(claim_path("stop"), F_OK) == 0);
            if (told >= 1)
                claim_tell(up[1]);
            _exit(0);
        }
        close(up[1]);
        CHECK(read(hold[0], &c, 1) == 1);
        _exit(0);
    }
    close(up[1]);
    claim_hear(up[0]);
    claim_ready();
    claim_wait();
    claim_hear(up[0]);
    claim_tell(hold[1]);
    claim_reap(mid);
    BREAK(CHECK(mkdir(claim_path("stop"), 0755) == 0));
    CHECK_EQ(read(up[0], &c, 1), 1);
    claim_pass();
}
