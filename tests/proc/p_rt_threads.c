/* Claim: no signal to one thread is lost, and none comes twice, that another
 * process or a timer sends, also while all are being stopped. */
#include "claim.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

enum { SENDERS = 3, THREADS = 2, AHEAD = 3, TIMERS = 6, EACH = 100000000 };

static struct shared {
    volatile int sent[SENDERS][THREADS], taken[SENDERS][THREADS], stop;
} *s;
static pid_t receiver, tids[THREADS];
static int number, ticking;
static volatile int ticks;

static void sender(int k)
{
    siginfo_t si;

    while (!s->stop) {
        int full = 1;

        for (int t = 0; t < THREADS; t++) {
            if (s->sent[k][t] - s->taken[k][t] >= AHEAD)
                continue;
            full = 0;
            memset(&si, 0, sizeof si);
            si.si_code = SI_QUEUE;
            si.si_pid = getpid();
            si.si_value.sival_int = k * EACH + s->sent[k][t];
            CHECK(syscall(SYS_rt_tgsigqueueinfo, receiver, tids[t], number,
                          &si) == 0);
            s->sent[k][t]++;
        }
        if (full)
            usleep(100);
    }
    _exit(0);
}

static void *receive(void *arg)
{
    int me = (int)(intptr_t)arg;
    siginfo_t si;
    sigset_t set;

    tids[me] = gettid();
    sigemptyset(&set);
    sigaddset(&set, number);
    for (;;) {
        int k, n;

        CHECK_EQ(sigwaitinfo(&set, &si), number);
        n = si.si_value.sival_int;
        if (n < 0)
            return NULL;
        k = n / EACH;
        CHECK(k < SENDERS);
        CHECK_EQ(n % EACH, s->taken[k][me]);
        s->taken[k][me]++;
    }
}

static long long now_ns(void)
{
    struct timespec t;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Each timer goes off once for each time that it is set, and not before. Every
 * other one tells this thread, the others the process. */
static void *tick(void *arg)
{
    timer_t timer[TIMERS];
    long long due[TIMERS], set_at[TIMERS];
    struct timespec none = {0, 1000000};
    struct sigevent ev;
    unsigned seed = 1;
    sigset_t set;
    siginfo_t si;

    (void)arg;
    sigemptyset(&set);
    sigaddset(&set, ticking);
    for (int i = 0; i < TIMERS; i++) {
        memset(&ev, 0, sizeof ev);
        ev.sigev_notify = i % 2 ? SIGEV_THREAD_ID : SIGEV_SIGNAL;
        ev.sigev_signo = ticking;
        ev.sigev_value.sival_int = i;
        ev._sigev_un._tid = gettid();
        CHECK(timer_create(CLOCK_MONOTONIC, &ev, &timer[i]) == 0);
        due[i] = 0;
    }
    while (!s->stop) {
        for (int i = 0; i < TIMERS; i++) {
            struct itimerspec t = {{0, 0}, {0, 0}};

            if (due[i])
                continue;
            t.it_value.tv_nsec = 1 + rand_r(&seed) % 5000000;
            set_at[i] = now_ns();
            due[i] = set_at[i] + t.it_value.tv_nsec;
            CHECK(timer_settime(timer[i], 0, &t, NULL) == 0);
        }
        if (sigtimedwait(&set, &si, &none) == ticking) {
            int i = si.si_value.sival_int;

            CHECK_EQ(si.si_code, SI_TIMER);
            CHECK(i >= 0 && i < TIMERS && now_ns() >= due[i]);
            due[i] = 0;
            ticks++;
        }
        for (int i = 0; i < TIMERS; i++)
            CHECK(!due[i] || now_ns() - due[i] < 20000000000LL);
    }
    return NULL;
}

int main(void)
{
    siginfo_t end = {.si_code = SI_QUEUE};
    pthread_t t[THREADS], ticker;
    pid_t child[SENDERS];
    sigset_t set;

    s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(s != MAP_FAILED);
    receiver = getpid();
    number = SIGRTMIN + 2;
    ticking = SIGRTMIN + 3;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigaddset(&set, ticking);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&t[i], NULL, receive, (void *)(intptr_t)i) == 0);
    CHECK(pthread_create(&ticker, NULL, tick, NULL) == 0);
    UNTIL(tids[0] && tids[1]);
    for (int k = 0; k < SENDERS; k++) {
        CHECK((child[k] = fork()) >= 0);
        if (child[k] == 0)
            sender(k);
    }
    UNTIL(s->taken[0][0] > 10 && ticks > 10);
    claim_ready();
    claim_wait();
    BREAK(s->sent[1][1]++);
    s->stop = 1;
    for (int k = 0; k < SENDERS; k++)
        claim_reap(child[k]);
    end.si_value.sival_int = -1;
    for (int i = 0; i < THREADS; i++) {
        end.si_pid = getpid();
        CHECK(syscall(SYS_rt_tgsigqueueinfo, receiver, tids[i], number,
                      &end) == 0);
        CHECK(pthread_join(t[i], NULL) == 0);
    }
    CHECK(pthread_join(ticker, NULL) == 0);
    for (int k = 0; k < SENDERS; k++)
        for (int i = 0; i < THREADS; i++)
            CHECK_EQ(s->taken[k][i], s->sent[k][i]);
    claim_pass();
}
