/* Claim: a checkpoint of a program that has asked to be told of a message of
 * a queue, while there are some, is refused by name: putting them back would
 * tell it. It still is told of the next that comes into the empty queue. */
/* refusal: while there are messages in it,.*mq_notify */
#include "claim.h"
#include <mqueue.h>

static volatile sig_atomic_t told;

static void on_message(int sig)
{
    told = sig;
}

int main(void)
{
    struct mq_attr a = {.mq_maxmsg = 5, .mq_msgsize = 100};
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL,
                          .sigev_signo = SIGUSR1};
    char name[64], buf[100];
    mqd_t q;

    signal(SIGUSR1, on_message);
    snprintf(name, sizeof name, "/claim-%d", (int)getpid());
    CHECK((q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a)) >= 0);
    CHECK(mq_unlink(name) == 0 && mq_send(q, "one", 3, 1) == 0);
    CHECK(mq_notify(q, &ev) == 0);
    claim_ready();
    claim_wait();
    CHECK_EQ(told, 0);
    BREAK(mq_notify(q, NULL));
    CHECK(mq_receive(q, buf, sizeof buf, NULL) == 3);
    CHECK(memcmp(buf, "one", 3) == 0 && mq_send(q, "two", 3, 1) == 0);
    CHECK_EQ(told, SIGUSR1);
    claim_pass();
}
