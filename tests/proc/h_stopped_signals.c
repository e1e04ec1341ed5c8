/* For t_stopped_signals.sh: sends signals to a stopped child, at first and
 * whenever the file "send" is there, and lets it go on and count them. */
#include "claim.h"

enum { FIRST = 3 };

static pid_t kid;
static int number, sent;

static void send(int to_thread)
{
    union sigval v = {.sival_int = sent++};

    CHECK((to_thread ? tgkill(kid, kid, number)
                     : sigqueue(kid, number, v)) == 0);
}

static void stopped(int back)
{
    struct timespec none = {0, 0};
    int n = 0, counted = 0;
    siginfo_t si;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    raise(SIGSTOP);
    while (sigtimedwait(&set, &si, &none) == number) {
        CHECK_EQ(si.si_pid, getppid());
        if (si.si_code == SI_QUEUE)
            counted++;
        n++;
    }
    CHECK(write(back, &n, sizeof n) == sizeof n);
    CHECK(write(back, &counted, sizeof counted) == sizeof counted);
    _exit(0);
}

int main(void)
{
    int back[2], st, n, counted, queued = 0;

    number = SIGRTMIN + 4;
    CHECK(pipe(back) == 0 && (kid = fork()) >= 0);
    if (kid == 0)
        stopped(back[1]);
    close(back[1]);
    CHECK(waitpid(kid, &st, WUNTRACED) == kid && WIFSTOPPED(st));
    for (int i = 0; i < FIRST; i++) {
        send(i == 0);
        queued += i != 0;
    }
    claim_ready();
    while (!claim_go()) {
        if (access(claim_path("send"), F_OK) == 0) {
            queued += sent % 2 == 0;
            send(sent % 2);
            CHECK(unlink(claim_path("send")) == 0);
        }
        claim_nap();
    }
    CHECK(kill(kid, SIGCONT) == 0);
    CHECK_EQ(read(back[0], &n, sizeof n), sizeof n);
    CHECK_EQ(read(back[0], &counted, sizeof counted), sizeof counted);
    CHECK_EQ(n, sent);
    CHECK_EQ(counted, queued);
    claim_reap(kid);
    claim_pass();
}
