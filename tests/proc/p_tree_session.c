/* Claim: sessions are kept: a child that leads one, a grandchild in it, and
 * one in it with a group of its own. */
#include "claim.h"

int main(void)
{
    int up[2];
    pid_t pid, sid = getsid(0);

    CHECK(pipe(up) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        pid_t me = getpid(), kid[2];

        CHECK_EQ(setsid(), me);
        for (int i = 0; i < 2; i++) {
            CHECK((kid[i] = fork()) >= 0);
            if (kid[i])
                continue;
            if (i == 1)
                CHECK(setpgid(0, 0) == 0);
            claim_tell(up[1]);
            UNTIL(claim_go());
            CHECK_EQ(getsid(0), me);
            CHECK_EQ(getpgrp(), i ? getpid() : me);
            _exit(0);
        }
        claim_tell(up[1]);
        UNTIL(claim_go());
        CHECK(getsid(0) == me && getpgrp() == me);
        CHECK_EQ(setsid(), -1);
        claim_reap(kid[0]);
        claim_reap(kid[1]);
        _exit(0);
    }
    for (int i = 0; i < 3; i++)
        claim_hear(up[0]);
    claim_ready();
    claim_wait();
    BREAK(sid++);
    CHECK_EQ(getsid(0), sid);
    CHECK_EQ(getsid(pid), pid);
    claim_reap(pid);
    claim_pass();
}
