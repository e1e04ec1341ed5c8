/* Claim: a checkpoint of a program with a named pipe is refused by name, and
 * the program goes on with it unharmed. */
/* refusal: descriptor [0-9]+.*named pipe */
#include "claim.h"
#include <sys/stat.h>

int main(void)
{
    int rw;
    char buf[10];

    CHECK(mkfifo(claim_path("fifo"), 0600) == 0);
    CHECK((rw = open(claim_path("fifo"), O_RDWR)) >= 0);
    CHECK(write(rw, "abc", 3) == 3);
    claim_ready();
    claim_wait();
    BREAK(CHECK(read(rw, buf, 1) == 1));
    CHECK(read(rw, buf, 10) == 3 && memcmp(buf, "abc", 3) == 0);
    claim_pass();
}
