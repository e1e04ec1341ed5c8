/* Claim: a connect that has not ended yet ends after a restart, as one does
 * that a process waits in; one that failed still tells so. */
#include "inet.h"

static int start(int l)
{
    inet_name a = inet_self(l);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    CHECK(connect(s, (void *)&a, sizeof(a)) < 0 && errno == EINPROGRESS);
    return s;
}

static int done(int s)
{
    struct pollfd p = {.fd = s, .events = POLLOUT};

    CHECK_EQ(poll(&p, 1, 20000), 1);
    return inet_option(s, SOL_SOCKET, SO_ERROR);
}

static void take(int l, int c)
{
    int s = accept(l, NULL, NULL);

    CHECK(s >= 0);
    inet_send(c, 10, 1);
    inet_expect(s, 10, 1);
    close(s);
}

int main(void)
{
    int l = inet_listen(AF_INET, 0), full = inet_connect(l), late, failed, s;
    int nobody = inet_bound(AF_INET, SOCK_STREAM), p[2];
    int l2 = inet_listen(AF_INET, 0), full2 = inet_connect(l2);
    pid_t child;

    late = start(l);
    if (inet_state(late) != TCP_SYN_SENT)
        claim_skip("a backlog of 0 takes more than one here");
    failed = start(nobody);
    CHECK(pipe(p) == 0);
    child = fork();
    if (child == 0) {
        inet_name a = inet_self(l2);
        int c = socket(AF_INET, SOCK_STREAM, 0);

        claim_tell(p[1]);
        CHECK(connect(c, (void *)&a, sizeof(a)) == 0);
        inet_send(c, 10, 2);
        _exit(0);
    }
    claim_hear(p[0]);
    claim_ready();
    claim_wait();
    BREAK(close(late); late = start(nobody));
    CHECK_EQ(done(failed), ECONNREFUSED);
    take(l, full);
    CHECK_EQ(done(late), 0);
    take(l, late);
    take(l2, full2);
    s = accept(l2, NULL, NULL);
    CHECK(s >= 0);
    inet_expect(s, 10, 2);
    claim_reap(child);
    claim_pass();
}
