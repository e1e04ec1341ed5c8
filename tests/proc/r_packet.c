/* Claim: a checkpoint of a program with packets in a pipe is refused by name,
 * and the program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*packet mode */
#include "claim.h"

int main(void)
{
    int p[2];
    char buf[100];

    CHECK(pipe2(p, O_DIRECT) == 0);
    CHECK(write(p[1], "one", 3) == 3 && write(p[1], "three", 5) == 5);
    claim_ready();
    claim_wait();
    BREAK(CHECK(read(p[0], buf, 1) == 1));
    CHECK_EQ(read(p[0], buf, 100), 3);
    CHECK_EQ(read(p[0], buf, 100), 5);
    claim_pass();
}
