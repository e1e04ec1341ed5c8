/* Claim: the prctl's that stick are kept: name, death signal, timer slack,
 * subreaper, no new privileges, keep-caps, THP switch, and that no memory may
 * become executable; and dumpable. */
#include "claim.h"
#include <sys/prctl.h>

#define SET_MDWE 65 /* since Linux 6.3 */
#define GET_MDWE 66

int main(void)
{
    char name[20];
    int v = 0, mdwe;

    CHECK(prctl(PR_SET_NAME, "an odd name") == 0);
    CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
    signal(SIGUSR1, SIG_IGN);
    CHECK(prctl(PR_SET_TIMERSLACK, 123456) == 0);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0);
    CHECK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
    prctl(SET_MDWE, 1, 0, 0, 0);
    mdwe = prctl(GET_MDWE, 0, 0, 0, 0);
    CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
    claim_ready();
    claim_wait();
    BREAK(prctl(PR_SET_TIMERSLACK, 5));
    CHECK(prctl(PR_GET_NAME, name) == 0 && !strcmp(name, "an odd name"));
    CHECK(prctl(PR_GET_PDEATHSIG, &v) == 0);
    CHECK_EQ(v, SIGUSR1);
    CHECK_EQ(prctl(PR_GET_TIMERSLACK), 123456);
    CHECK(prctl(PR_GET_CHILD_SUBREAPER, &v) == 0);
    CHECK_EQ(v, 1);
    CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
    CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
    CHECK_EQ(prctl(GET_MDWE, 0, 0, 0, 0), mdwe);
    CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
    claim_pass();
}
