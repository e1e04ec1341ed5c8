/* Claim: POSIX message queues keep name, sizes and mode, with descriptors of
 * their own rights; who waits for a message gets it; one that was unlinked
 * stays one queue. */
#include "claim.h"
#include <mqueue.h>
#include <sys/stat.h>

int main(void)
{
    struct mq_attr a = {.mq_maxmsg = 5, .mq_msgsize = 100}, b;
    char name[64], gone[64], buf[100];
    mqd_t q, r, g;
    struct stat st;
    unsigned prio;
    int at[2];
    pid_t pid;

    umask(0);
    snprintf(name, sizeof name, "/claim-%d", (int)getpid());
    snprintf(gone, sizeof gone, "/claim-%d-gone", (int)getpid());
    CHECK((q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0640, &a)) >= 0);
    CHECK((r = mq_open(name, O_RDONLY | O_NONBLOCK)) >= 0);
    CHECK((g = mq_open(gone, O_RDWR | O_CREAT | O_EXCL, 0600, &a)) >= 0);
    CHECK(mq_unlink(gone) == 0 && pipe(at) == 0);
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        claim_tell(at[1]);
        CHECK_EQ(mq_receive(g, buf, sizeof buf, &prio), 5);
        CHECK(prio == 3 && memcmp(buf, "hello", 5) == 0);
        CHECK(mq_send(q, "low", 3, 1) == 0 && mq_send(q, "high", 4, 9) == 0);
        _exit(0);
    }
    claim_hear(at[0]);
    claim_ready();
    claim_wait();
    BREAK(mq_unlink(name));
    CHECK(mq_receive(r, buf, sizeof buf, &prio) < 0 && errno == EAGAIN);
    CHECK(mq_send(r, "x", 1, 0) < 0 && errno == EBADF);
    CHECK(mq_send(g, "hello", 5, 3) == 0);
    claim_reap(pid);
    CHECK(mq_receive(r, buf, sizeof buf, &prio) == 4 && prio == 9);
    CHECK(mq_getattr(q, &b) == 0);
    CHECK(b.mq_maxmsg == 5 && b.mq_msgsize == 100 && b.mq_curmsgs == 1);
    CHECK(fstat(q, &st) == 0 && (st.st_mode & 0777) == 0640);
    CHECK(mq_close(q) == 0 && (q = mq_open(name, O_RDWR)) >= 0);
    CHECK(mq_receive(q, buf, sizeof buf, &prio) == 3 && prio == 1);
    CHECK(mq_unlink(name) == 0);
    claim_pass();
}
