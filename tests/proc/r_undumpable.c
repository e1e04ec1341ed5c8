/* Claim: a checkpoint of a program that made itself undumpable is refused by
 * name, and the program goes on unharmed. */
/* refusal: process [0-9]+ .*undumpable */
#include "claim.h"
#include <sys/prctl.h>

static int value = 3;

int main(void)
{
    CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
    claim_ready();
    claim_wait();
    BREAK(value++);
    CHECK_EQ(value, 3);
    CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
    claim_pass();
}
