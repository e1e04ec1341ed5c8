/* Claim: who has asked to be told of a message in a POSIX queue (mq_notify)
 * is told, once, with the value that was asked for; through a descriptor that
 * others have, too; or has the place without being told; and may ask again
 * only then. Who was told before the checkpoint is not told again. */
#include "claim.h"
#include <mqueue.h>

static siginfo_t told;
static volatile sig_atomic_t times;

static void on_message(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)context;
    told = *info;
    times++;
}

static mqd_t make(const char *what, int keep)
{
    struct mq_attr a = {.mq_maxmsg = 5, .mq_msgsize = 100};
    char name[64];
    mqd_t q;

    snprintf(name, sizeof name, "/claim-%d-%s", (int)getpid(), what);
    q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a);
    CHECK(q >= 0 && (keep || mq_unlink(name) == 0));
    return q;
}

static int ask(mqd_t q, int how, int sig, void *value)
{
    struct sigevent ev = {.sigev_notify = how, .sigev_signo = sig,
                          .sigev_value.sival_ptr = value};

    return mq_notify(q, &ev);
}

/* A child that sends, and what its parent is told. */
static void send_and_see(mqd_t q, int sig, void *value)
{
    sig_atomic_t before = times;
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        _exit(mq_send(q, "one", 3, 1) != 0);
    claim_reap(pid);
    UNTIL(times == before + 1);
    CHECK(told.si_signo == sig && told.si_code == SI_MESGQ);
    CHECK(told.si_value.sival_ptr == value);
    CHECK_EQ(told.si_pid, pid);
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = on_message, .sa_flags = SA_SIGINFO};
    mqd_t named = make("named", 1), gone = make("gone", 0);
    mqd_t silent = make("silent", 0), used = make("used", 0), theirs;
    char name[64], buf[100];
    int at[2], end[2];
    pid_t pid;

    snprintf(name, sizeof name, "/claim-%d-named", (int)getpid());
    theirs = make("theirs", 0);
    CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
    CHECK(sigaction(SIGRTMIN + 3, &sa, NULL) == 0);
    CHECK(pipe(at) == 0 && pipe(end) == 0 && (pid = fork()) >= 0);
    if (pid == 0) {
        CHECK(ask(theirs, SIGEV_SIGNAL, SIGUSR1, &at) == 0);
        claim_tell(at[1]);
        UNTIL(times == 1);
        CHECK(told.si_value.sival_ptr == &at);
        _exit(0);
    }
    claim_hear(at[0]);
    CHECK(ask(theirs, SIGEV_SIGNAL, SIGUSR1, &end) < 0 && errno == EBUSY);
    CHECK(ask(named, SIGEV_SIGNAL, SIGRTMIN + 3, &named) == 0);
    CHECK(ask(gone, SIGEV_SIGNAL, SIGUSR1, &gone) == 0);
    CHECK(ask(silent, SIGEV_NONE, 0, NULL) == 0);
    CHECK(ask(used, SIGEV_SIGNAL, SIGUSR1, &used) == 0);
    send_and_see(used, SIGUSR1, &used);
    claim_ready();
    claim_wait();
    CHECK_EQ(times, 1);
    CHECK(ask(named, SIGEV_SIGNAL, SIGUSR1, &end) < 0 && errno == EBUSY);
    CHECK(ask(theirs, SIGEV_SIGNAL, SIGUSR1, &end) < 0 && errno == EBUSY);
    CHECK(ask(silent, SIGEV_SIGNAL, SIGUSR1, &end) < 0 && errno == EBUSY);
    BREAK(mq_notify(silent, NULL));
    CHECK(ask(silent, SIGEV_SIGNAL, SIGUSR1, &end) < 0 && errno == EBUSY);
    send_and_see(named, SIGRTMIN + 3, &named);
    send_and_see(gone, SIGUSR1, &gone);
    CHECK_EQ(times, 3);
    CHECK(mq_send(silent, "one", 3, 1) == 0 && mq_send(theirs, "x", 1, 1) == 0);
    claim_reap(pid);
    CHECK(mq_receive(silent, buf, sizeof buf, NULL) == 3);
    CHECK(ask(silent, SIGEV_SIGNAL, SIGUSR1, &silent) == 0);
    send_and_see(silent, SIGUSR1, &silent);
    CHECK(mq_unlink(name) == 0);
    claim_pass();
}
