/* Claim: a timer that notifies by a thread, or that signals one thread, can be
 * made at any time, by whatever function, and goes on in later lives. */
#include "claim.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>

#define KEPT 4

static volatile int ticks[KEPT];
static volatile sig_atomic_t signals;
static timer_t kept[KEPT];

static void tick(union sigval v)
{
    __atomic_fetch_add(&ticks[v.sival_int], 1, __ATOMIC_SEQ_CST);
}

static void on_signal(int sig)
{
    (void)sig;
    if (gettid() == getpid())
        signals++;
}

static void start(timer_t t)
{
    const struct itimerspec v = {{0, 5000000}, {0, 5000000}};

    CHECK(timer_settime(t, 0, &v, NULL) == 0);
}

/* One that ticks every 5 ms takes the place of one that has long ticked. */
static void by_thread(int i)
{
    struct sigevent ev = {.sigev_notify = SIGEV_THREAD,
                          .sigev_notify_function = tick,
                          .sigev_value = {.sival_int = i}};
    int was = ticks[i];

    if (kept[i]) {
        UNTIL(ticks[i] > was);
        CHECK(timer_delete(kept[i]) == 0);
    }
    CHECK(timer_create(CLOCK_MONOTONIC, &ev, &kept[i]) == 0);
    was = ticks[i];
    start(kept[i]);
    UNTIL(ticks[i] > was);
}

static void by_signal(void)
{
    struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID,
                          .sigev_signo = SIGUSR1};
    sig_atomic_t was = signals;
    timer_t t;
    int id;

    ev._sigev_un._tid = gettid();
    CHECK(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
    start(t);
    UNTIL(signals > was);
    CHECK(timer_delete(t) == 0);
    CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id) == 0);
    CHECK(syscall(SYS_timer_delete, id) == 0);
    errno = 0;
    CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, 16, &id) == -1 &&
          errno == EFAULT);
}

int main(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    int was;

    CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
    for (int i = 0; i < KEPT - 1; i++)
        by_thread(i);
    claim_ready();
    for (int i = 0; !claim_go(); i++) {
        by_thread(i % (KEPT - 1));
        by_signal();
        claim_nap();
    }
    by_thread(KEPT - 1);
    by_signal();
    for (int i = 0; i < KEPT; i++) {
        was = ticks[i];
        UNTIL(ticks[i] > was + 2);
        CHECK(timer_delete(kept[i]) == 0);
    }
    BREAK(signals = 0);
    CHECK(signals > 0);
    claim_pass();
}
