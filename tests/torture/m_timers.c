/* m_timers.c - timers of a process: setitimer, and POSIX timers that tell by
 * a signal or by a thread. None is early, none stops. */
#include "torture.h"

#include <sys/time.h>
#include <time.h>

#define EVERY 9000 /* microseconds */

static volatile unsigned long ticks[3]; /* by alarm, by signal, by thread */

static void on_signal(int sig)
{
    ticks[sig == SIGALRM ? 0 : 1]++;
}

static void by_thread(union sigval v)
{
    if (v.sival_int == 77)
        __atomic_fetch_add(&ticks[2], 1, __ATOMIC_SEQ_CST);
}

static void start(struct inst *t, int thread)
{
    struct itimerspec it = {{0, EVERY * 1000}, {0, EVERY * 1000}};
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    timer_t id;

    if (thread) {
        ev.sigev_notify = SIGEV_THREAD;
        ev.sigev_notify_function = by_thread;
        ev.sigev_value.sival_int = 77;
    }
    NEED(t, timer_create(CLOCK_MONOTONIC, &ev, &id) == 0);
    NEED(t, timer_settime(id, 0, &it, NULL) == 0);
}

static void run(struct inst *t, int part)
{
    struct itimerval iv = {{0, EVERY}, {0, EVERY}};
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct rng r = rng_of(t, part);
    long long began;
    unsigned long was[3];
    sigset_t open;

    NEED(t, sigaction(SIGALRM, &sa, NULL) == 0 && sigaction(SIGUSR2, &sa, NULL) == 0);
    sigemptyset(&open);
    sigaddset(&open, SIGALRM);
    sigaddset(&open, SIGUSR2);
    began = now_us();
    /* the thread's helper first: it is to have these blocked */
    start(t, 1);
    NEED(t, sigprocmask(SIG_UNBLOCK, &open, NULL) == 0);
    start(t, 0);
    NEED(t, setitimer(ITIMER_REAL, &iv, NULL) == 0);
    for (;;) {
        for (int i = 0; i < 3; i++)
            was[i] = ticks[i];
        if (damage(t, part))
            ticks[1] += 1000000;
        for (int i = 0; i < 3; i++) {
            while (ticks[i] == was[i]) /* poll may be cut short: our signals */
                usleep(1000 + rnd(&r, 3000));
            if ((long long)(ticks[i] - 1) * EVERY > now_us() - began)
                fault(t, __FILE__, __LINE__, "timer %d: %lu ticks in %lld us", i,
                      ticks[i], now_us() - began);
        }
        /* a late program may make one of its own while others run */
        if (rnd(&r, 20) == 0) {
            struct sigevent ev = {.sigev_notify = SIGEV_THREAD,
                                  .sigev_notify_function = by_thread};
            timer_t id;

            NEED(t, timer_create(CLOCK_MONOTONIC, &ev, &id) == 0);
            NEED(t, timer_delete(id) == 0);
        }
        beat(t, part);
    }
}

const struct module module_timers = {.name = "timers", .parts = 1, .solo = 1, .run = run};
