/* Claim: what prctl sets for one thread is kept, for that thread alone: that
 * it may not read the time stamp counter, what the processor may guess, how it
 * hears of broken memory. */
#include "claim.h"

#include <pthread.h>
#include <sys/prctl.h>

static int up[2], down[2]; /* from the thread, to it */

static int tsc(void)
{
    int v = 0;

    CHECK(prctl(PR_GET_TSC, &v) == 0);
    return v;
}

static int guess(void)
{
    return prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0);
}

static void *sets(void *arg)
{
    int before;

    (void)arg;
    prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE, 0,
          0);
    before = guess();
    CHECK(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0) == 0);
    CHECK(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == 0);
    claim_tell(up[1]);
    /* nothing may read the clock here until it is allowed again */
    CHECK(read(down[0], &(char){0}, 1) == 1);
    CHECK_EQ(tsc(), PR_TSC_SIGSEGV);
    CHECK(prctl(PR_SET_TSC, PR_TSC_ENABLE) == 0);
    CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_EARLY);
    CHECK_EQ(guess(), before);
    return NULL;
}

int main(void)
{
    int mine = guess();
    pthread_t t;

    CHECK(pipe(up) == 0 && pipe(down) == 0);
    CHECK(pthread_create(&t, NULL, sets, NULL) == 0);
    claim_hear(up[0]);
    CHECK(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0) == 0);
    claim_ready();
    claim_wait();
    BREAK(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
    CHECK_EQ(tsc(), PR_TSC_ENABLE);
    CHECK_EQ(guess(), mine);
    CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_LATE);
    claim_tell(down[1]);
    CHECK(pthread_join(t, NULL) == 0);
    claim_pass();
}
