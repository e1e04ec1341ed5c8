/* Claim: a program that runs short-lived commands all the time gets the
 * right status of each over a checkpoint. */
#include "claim.h"

int main(void)
{
    char cmd[40];
    int n = 0;

    while (!claim_go() || n < 20) {
        snprintf(cmd, sizeof cmd, "exit %d", n % 100 + claim_broken());

        CHECK_EQ(system(cmd), n % 100 << 8);
        n++;
        if (n == 10)
            claim_ready();
    }
    claim_pass();
}
