/* Claim: queued signals are counted right, however they are received: by
 * signalfd, by sigwaitinfo, by a handler in sigsuspend, by another thread than
 * the first, also while all are being stopped; and so is every child that ends
 * (one SIGCHLD at least is told behind it, and it can be waited for once). */
#include "claim.h"
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

enum { SENDERS = 3, AHEAD = 2, EACH = 1000000, WAYS = 4 };
enum way { FD, WAIT, HANDLER, THREAD };

static struct shared {
    volatile int sent[SENDERS], taken[WAYS][SENDERS], stop;
    volatile int born, reaped;
} *s;
static int number, me;
static volatile sig_atomic_t ended;

static void count(int code, int value)
{
    int k = value / EACH;

    CHECK_EQ(code, SI_QUEUE);
    CHECK(k >= 0 && k < SENDERS);
    if (value % EACH != s->taken[me][k] % EACH)
        claim_fail(__FILE__, __LINE__, "way %d sender %d: %d is not %d", me, k,
                   value % EACH, s->taken[me][k] % EACH);
    s->taken[me][k]++;
}

static void handler(int sig, siginfo_t *si, void *u)
{
    (void)sig;
    (void)u;
    if (si->si_value.sival_int < 0)
        ended = 1;
    else
        count(si->si_code, si->si_value.sival_int);
}

static int done(const siginfo_t *si)
{
    if (si->si_value.sival_int < 0)
        return 1;
    count(si->si_code, si->si_value.sival_int);
    return 0;
}

static void by_fd(const sigset_t *set)
{
    int fd = signalfd(-1, set, SFD_NONBLOCK);
    struct signalfd_siginfo in[4];

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n;

        CHECK(poll(&p, 1, -1) == 1);
        n = read(fd, in, sizeof in);
        CHECK(n > 0 && n % sizeof in[0] == 0);
        for (ssize_t i = 0; i < n / (ssize_t)sizeof in[0]; i++) {
            if (in[i].ssi_int < 0)
                return;
            count(in[i].ssi_code, in[i].ssi_int);
        }
    }
}

static void *pass_on(void *arg)
{
    const sigset_t *set = arg;
    siginfo_t si;

    do
        CHECK_EQ(sigwaitinfo(set, &si), number);
    while (!done(&si));
    return NULL;
}

static void receiver(void)
{
    sigset_t set, none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&set);
    sigaddset(&set, number);
    sigemptyset(&none);
    if (me == FD)
        by_fd(&set);
    if (me == WAIT)
        pass_on(&set);
    if (me == HANDLER) {
        struct sigaction sa = {.sa_sigaction = handler,
                               .sa_flags = SA_SIGINFO};

        CHECK(sigaction(number, &sa, NULL) == 0);
        while (!ended)
            sigsuspend(&none);
    }
    if (me == THREAD) {
        pthread_t t;

        CHECK(pthread_create(&t, NULL, pass_on, &set) == 0);
        CHECK(pthread_join(t, NULL) == 0);
    }
    _exit(0);
}

static int behind(int k)
{
    for (int w = 0; w < WAYS; w++)
        if (s->sent[k] - s->taken[w][k] >= AHEAD)
            return 1;
    return 0;
}

static void sender(int k, const pid_t *to)
{
    while (!s->stop) {
        union sigval v = {.sival_int = k * EACH + s->sent[k] % EACH};

        if (behind(k)) {
            usleep(100);
            continue;
        }
        for (int w = 0; w < WAYS; w++)
            CHECK(sigqueue(to[w], number, v) == 0);
        s->sent[k]++;
    }
    _exit(0);
}

static void on_child(int sig)
{
    int saved = errno;

    (void)sig;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        s->reaped++;
    errno = saved;
}

/* Makes children all the time, a few at once, and counts them. */
static void maker(void)
{
    struct sigaction sa = {.sa_handler = on_child, .sa_flags = SA_RESTART};
    sigset_t set, old;

    CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
    while (!s->stop || s->reaped != s->born) {
        for (int i = 0; i < 3 && !s->stop; i++) {
            pid_t pid = fork();

            CHECK(pid >= 0);
            if (pid == 0)
                _exit(0);
            s->born++;
        }
        while (s->reaped != s->born)
            sigsuspend(&old);
    }
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    _exit(0);
}

int main(void)
{
    union sigval end = {.sival_int = -1};
    pid_t to[WAYS], from[SENDERS], kids;
    sigset_t set;

    s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(s != MAP_FAILED);
    number = SIGRTMIN + 5;
    sigemptyset(&set);
    sigaddset(&set, number);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    for (me = 0; me < WAYS; me++) {
        CHECK((to[me] = fork()) >= 0);
        if (to[me] == 0)
            receiver();
    }
    for (int k = 0; k < SENDERS; k++) {
        CHECK((from[k] = fork()) >= 0);
        if (from[k] == 0)
            sender(k, to);
    }
    CHECK((kids = fork()) >= 0);
    if (kids == 0)
        maker();
    UNTIL(s->sent[0] > 10 && s->reaped > 10);
    claim_ready();
    claim_wait();
    BREAK(s->sent[1]++);
    s->stop = 1;
    for (int k = 0; k < SENDERS; k++)
        claim_reap(from[k]);
    claim_reap(kids);
    for (int w = 0; w < WAYS; w++) {
        CHECK(sigqueue(to[w], number, end) == 0);
        claim_reap(to[w]);
        for (int k = 0; k < SENDERS; k++)
            CHECK_EQ(s->taken[w][k], s->sent[k]);
    }
    CHECK_EQ(s->born, s->reaped);
    claim_pass();
}
