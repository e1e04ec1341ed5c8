/* Claim: a checkpoint of a program with messages in a POSIX message queue is
 * refused by name, and the program goes on with all of them. */
/* refusal: message queue .*messages in it */
#include "claim.h"
#include <mqueue.h>

int main(void)
{
    struct mq_attr a = {.mq_maxmsg = 5, .mq_msgsize = 100};
    char name[64], buf[100];
    mqd_t q;

    snprintf(name, sizeof name, "/claim-%d", (int)getpid());
    CHECK((q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a)) >= 0);
    CHECK(mq_unlink(name) == 0);
    CHECK(mq_send(q, "one", 3, 1) == 0 && mq_send(q, "two", 3, 1) == 0);
    claim_ready();
    claim_wait();
    CHECK(mq_receive(q, buf, sizeof buf, NULL) == 3);
    BREAK(buf[0]++);
    CHECK(memcmp(buf, "one", 3) == 0);
    CHECK(mq_receive(q, buf, sizeof buf, NULL) == 3);
    CHECK(memcmp(buf, "two", 3) == 0);
    claim_pass();
}
