/* Claim: a checkpoint of a program that has asked for a thread to be started
 * when a message comes is refused by name, and the thread is. */
/* refusal: SIGEV_THREAD|netlink */
#include "claim.h"
#include <mqueue.h>

static int done;

static void on_message(union sigval v)
{
    __atomic_store_n(&done, v.sival_int, __ATOMIC_RELEASE);
}

int main(void)
{
    struct mq_attr a = {.mq_maxmsg = 5, .mq_msgsize = 100};
    struct sigevent ev = {.sigev_notify = SIGEV_THREAD,
                          .sigev_notify_function = on_message,
                          .sigev_value.sival_int = 7};
    char name[64];
    mqd_t q;

    snprintf(name, sizeof name, "/claim-%d", (int)getpid());
    CHECK((q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a)) >= 0);
    CHECK(mq_unlink(name) == 0 && mq_notify(q, &ev) == 0);
    claim_ready();
    claim_wait();
    BREAK(done = 1);
    CHECK_EQ(done, 0);
    CHECK(mq_send(q, "one", 3, 1) == 0);
    UNTIL(__atomic_load_n(&done, __ATOMIC_ACQUIRE) == 7);
    claim_pass();
}
