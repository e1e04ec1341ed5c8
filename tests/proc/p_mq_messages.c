/* Claim: the messages in POSIX message queues, of several priorities, empty
 * ones, and in a queue that was unlinked, come in the same order with the same
 * priorities and texts; a full queue stays full, and who waits to send into
 * it goes on. */
#include "claim.h"
#include <mqueue.h>

#define SIZE 3000

struct message {
    unsigned prio;
    size_t len;
    unsigned seed;
};

/* In the order in which they are sent; and received: prio 31000, 7 7 7, 0 0. */
static const struct message sent[] = {
    {7, SIZE, 1}, {0, 10, 2}, {7, 0, 3},
    {31000, 1, 4}, {0, SIZE - 1, 5}, {7, 77, 6},
};
static const struct message got[] = {
    {31000, 1, 4}, {7, SIZE, 1}, {7, 0, 3},
    {7, 77, 6}, {0, 10, 2}, {0, SIZE - 1, 5},
};

static char buf[SIZE];

static void send_one(mqd_t q, const struct message *m)
{
    claim_fill(buf, m->len, m->seed);
    CHECK(mq_send(q, buf, m->len, m->prio) == 0);
}

static void receive_one(mqd_t q, const struct message *m)
{
    unsigned prio;

    CHECK_EQ(mq_receive(q, buf, sizeof buf, &prio), m->len);
    CHECK_EQ(prio, m->prio);
    CHECK(claim_same(buf, m->len, m->seed));
}

static mqd_t make(const char *name, int flags, mode_t mode, long max)
{
    struct mq_attr a = {.mq_maxmsg = max, .mq_msgsize = SIZE};

    return mq_open(name, flags | O_CREAT | O_EXCL, mode, &a);
}

int main(void)
{
    static const struct message late = {7, 40, 9};
    char name[64], gone[64];
    struct mq_attr a;
    mqd_t q, r, g, full;
    int at[2];
    pid_t pid;

    snprintf(name, sizeof name, "/claim-%d", (int)getpid());
    snprintf(gone, sizeof gone, "/claim-%d-gone", (int)getpid());
    CHECK((q = make(name, O_WRONLY, 0600, 8)) >= 0);
    CHECK((r = mq_open(name, O_RDONLY | O_NONBLOCK)) >= 0);
    CHECK((g = make(gone, O_RDWR, 0600, 8)) >= 0 && mq_unlink(gone) == 0);
    CHECK((full = make(gone, O_RDWR, 0600, 6)) >= 0 && mq_unlink(gone) == 0);
    for (int i = 0; i < 6; i++) {
        send_one(q, &sent[i]);
        send_one(g, &sent[5 - i]);
        send_one(full, &sent[i]);
    }
    CHECK(pipe(at) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        claim_tell(at[1]);
        send_one(full, &late);
        _exit(0);
    }
    claim_hear(at[0]);
    claim_ready();
    claim_wait();
    BREAK(mq_receive(r, buf, sizeof buf, NULL));
    CHECK(mq_getattr(r, &a) == 0 && a.mq_curmsgs == 6);
    for (int i = 0; i < 6; i++)
        receive_one(r, &got[i]);
    CHECK(mq_receive(r, buf, sizeof buf, NULL) < 0 && errno == EAGAIN);
    receive_one(g, &sent[3]);
    receive_one(g, &sent[5]); /* each priority from the end */
    receive_one(g, &sent[2]);
    CHECK(mq_getattr(full, &a) == 0 && a.mq_curmsgs == 6);
    receive_one(full, &got[0]);
    claim_reap(pid);
    for (int i = 1; i < 4; i++)
        receive_one(full, &got[i]);
    receive_one(full, &late);
    receive_one(full, &got[4]);
    receive_one(full, &got[5]);
    CHECK(mq_unlink(name) == 0);
    claim_pass();
}
