/* Claim: a checkpoint of a program with an eventfd is refused by name, and the
 * program goes on with it unharmed. */
/* refusal: descriptor 11.*eventfd */
#include "claim.h"
#include <sys/eventfd.h>

int main(void)
{
    uint64_t v;

    CHECK(dup2(eventfd(41, 0), 11) == 11 && close(3) == 0);
    claim_ready();
    claim_wait();
    BREAK(eventfd_write(11, 1));
    CHECK(eventfd_read(11, &v) == 0 && v == 41);
    claim_pass();
}
