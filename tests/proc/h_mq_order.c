/* Has full message queues and looks at them all the time: no message may be
 * missing at any moment, and at the end all come in their order. */
#include "claim.h"
#include <mqueue.h>
#include <sys/resource.h>

#define QUEUES 8
#define SIZE 1000

/* As many as may be: then it takes long to look at them. */
static mqd_t make(const char *name, struct mq_attr *a)
{
    mqd_t q = -1;

    for (a->mq_maxmsg = 2000; q < 0 && a->mq_maxmsg >= 10; a->mq_maxmsg /= 200)
        q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, a);
    if (q >= 0)
        CHECK(mq_getattr(q, a) == 0);
    return q;
}

int main(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    struct mq_attr a = {.mq_msgsize = SIZE};
    static char buf[SIZE];
    long most = 0;
    mqd_t q[QUEUES];
    int n = 0;

    setrlimit(RLIMIT_MSGQUEUE, &all);
    for (; n < QUEUES; n++) {
        char name[64];

        snprintf(name, sizeof name, "/claim-%d-%d", (int)getpid(), n);
        q[n] = make(name, &a);
        if (q[n] < 0 && errno == EMFILE && n)
            break;
        CHECK(q[n] >= 0 && mq_unlink(name) == 0);
        most = n ? most : a.mq_maxmsg;
        CHECK_EQ(a.mq_maxmsg, most);
        for (int i = 0; i < most; i++) {
            claim_fill(buf, SIZE, (unsigned)i);
            CHECK(mq_send(q[n], buf, SIZE, (unsigned)(i % 3)) == 0);
        }
    }
    claim_ready();
    while (!claim_go())
        for (int i = 0; i < n; i++) {
            CHECK(mq_getattr(q[i], &a) == 0);
            CHECK_EQ(a.mq_curmsgs, most);
        }
    for (int i = 0; i < n; i++)
        for (int p = 2; p >= 0; p--)
            for (int k = p; k < most; k += 3) {
                unsigned prio;

                CHECK_EQ(mq_receive(q[i], buf, SIZE, &prio), SIZE);
                CHECK_EQ(prio, p);
                CHECK(claim_same(buf, SIZE, (unsigned)k));
            }
    claim_pass();
}
