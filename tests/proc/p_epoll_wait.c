/* Claim: who waits in an epoll set, which others share, is woken by what
 * happens afterwards: by data, by a timer, and by a signal of his own. */
#include "claim.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static void put(int set, int fd, uint64_t data)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = data};

    CHECK_EQ(epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev), 0);
}

static uint64_t next(int set)
{
    struct epoll_event ev;

    CHECK_EQ(epoll_wait(set, &ev, 1, -1), 1);
    return ev.data.u64;
}

/* Takes what comes, and says what it was. */
static _Noreturn void server(const int *calls, int answers)
{
    int set = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec soon = {{0, 0}, {0, 1000000}};
    struct signalfd_siginfo si;
    sigset_t usr1;
    int sig;
    char c;

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    CHECK_EQ(sigprocmask(SIG_BLOCK, &usr1, NULL), 0);
    sig = signalfd(-1, &usr1, 0);
    put(set, calls[0], 'c');
    put(set, timer, 't');
    put(set, sig, 's');
    claim_tell(answers);
    for (;;) {
        switch (next(set)) {
        case 'c':
            if (read(calls[0], &c, 1) != 1)
                _exit(0);
            CHECK_EQ(timerfd_settime(timer, 0, &soon, NULL), 0);
            break;
        case 't':
            CHECK_EQ(read(timer, &(uint64_t){0}, 8), 8);
            claim_tell(answers);
            break;
        case 's':
            CHECK_EQ(read(sig, &si, sizeof(si)), (ssize_t)sizeof(si));
            claim_tell(answers);
            break;
        }
    }
}

int main(void)
{
    int calls[2], answers[2];
    pid_t child;

    CHECK(!pipe(calls) && !pipe(answers));
    child = fork();
    if (child == 0) {
        close(calls[1]);
        server(calls, answers[1]);
    }
    close(answers[1]);
    claim_hear(answers[0]);
    claim_ready();
    claim_wait();
    BREAK(kill(child, SIGKILL));
    claim_tell(calls[1]);
    claim_hear(answers[0]);
    CHECK_EQ(kill(child, SIGUSR1), 0);
    claim_hear(answers[0]);
    close(calls[1]);
    claim_reap(child);
    claim_pass();
}
