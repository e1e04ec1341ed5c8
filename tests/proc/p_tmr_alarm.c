/* Claim: an alarm that is due after the checkpoint comes. */
#include "claim.h"

static volatile int rang;

static void handler(int s)
{
    (void)s;
    rang = 1;
}

int main(void)
{
    signal(SIGALRM, handler);
    alarm(4);
    claim_ready();
    claim_wait();
    BREAK(alarm(0); rang = 2);
    UNTIL(rang);
    CHECK_EQ(rang, 1);
    CHECK_EQ(alarm(0), 0);
    claim_pass();
}
