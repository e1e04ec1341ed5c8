/* Claim: a server's named pipe, for which no writer has come yet, is quiet
 * before and after, also where its name was removed meanwhile, and one whose
 * reader has left tells the writer. */
#include "claim.h"

#include <poll.h>
#include <sys/stat.h>

static int events(int fd, short want)
{
    struct pollfd p = {.fd = fd, .events = want};

    CHECK(poll(&p, 1, 0) >= 0);
    return p.revents;
}

int main(void)
{
    int idle, w, r, gone[2];
    char c;

    signal(SIGPIPE, SIG_IGN);
    CHECK(mkfifo(claim_path("idle"), 0600) == 0);
    CHECK(mkfifo(claim_path("unread"), 0600) == 0);
    CHECK(mkfifo(claim_path("gone"), 0600) == 0);
    CHECK((idle = open(claim_path("idle"), O_RDONLY | O_NONBLOCK)) >= 0);
    CHECK((r = open(claim_path("unread"), O_RDONLY | O_NONBLOCK)) >= 0);
    CHECK((w = open(claim_path("unread"), O_WRONLY)) >= 0);
    close(r);
    gone[0] = open(claim_path("gone"), O_RDONLY | O_NONBLOCK);
    gone[1] = open(claim_path("gone"), O_WRONLY);
    CHECK(gone[0] >= 0 && gone[1] >= 0 && unlink(claim_path("gone")) == 0);
    CHECK_EQ(write(gone[1], "g", 1), 1);
    claim_ready();
    claim_wait();
    BREAK(close(open(claim_path("idle"), O_WRONLY)));
    CHECK_EQ(events(idle, POLLIN), 0);
    CHECK(events(w, POLLOUT) & POLLERR);
    CHECK(write(w, "x", 1) < 0 && errno == EPIPE);
    CHECK_EQ(read(gone[0], &c, 1), 1);
    CHECK_EQ(c, 'g');
    claim_pass();
}
