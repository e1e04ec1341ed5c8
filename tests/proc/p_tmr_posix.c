/* Claim: POSIX timers keep their ids, clocks, intervals, values and targets,
 * and go on ticking. */
#include "claim.h"
#include <sys/syscall.h>
#include <time.h>

static void *const word = (void *)0x1234567800000063;
static void *volatile value;
static volatile int ticks, other;

static void handler(int s, siginfo_t *si, void *u)
{
    (void)s, (void)u;
    if (si->si_code != SI_TIMER) {
        other++;
        return;
    }
    value = si->si_value.sival_ptr;
    ticks++;
}

/* The clocks of all timers, as digits of one number; 0: nobody tells. */
static long clocks(void)
{
    FILE *f = fopen("/proc/self/timers", "r");
    char line[128];
    long all = 0;
    int one;

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "ClockID: %d", &one) == 1)
            all = all * 10 + (one & 7);
    if (f)
        fclose(f);
    return all;
}

int main(void)
{
    long before;
    struct sigaction sa = {.sa_sigaction = handler,
                           .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL,
                          .sigev_signo = SIGRTMIN + 2,
                          .sigev_value = {.sival_ptr = word}};
    struct sigevent none = {.sigev_notify = SIGEV_NONE};
    struct itimerspec v = {{0, 20000000}, {0, 20000000}}, is;
    struct itimerspec slow = {{55, 7}, {5000, 0}};
    timer_t a, gone, b, c;
    int was;

    CHECK(sigaction(SIGRTMIN + 2, &sa, NULL) == 0);
    CHECK(timer_create(CLOCK_MONOTONIC, &ev, &a) == 0);
    CHECK(timer_create(CLOCK_REALTIME, &none, &gone) == 0);
    CHECK(timer_create(CLOCK_REALTIME, &none, &b) == 0);
    ev.sigev_notify = SIGEV_THREAD_ID;
    ev._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    ev.sigev_value.sival_ptr = NULL;
    CHECK(timer_create(CLOCK_PROCESS_CPUTIME_ID, &ev, &c) == 0);
    CHECK(timer_delete(gone) == 0);
    CHECK(timer_settime(a, 0, &v, NULL) == 0);
    CHECK(timer_settime(b, 0, &slow, NULL) == 0);
    UNTIL(ticks > 0);
    before = clocks();
    claim_ready();
    claim_wait();
    CHECK_EQ(clocks(), before);
    CHECK(timer_gettime(b, &is) == 0);
    BREAK(is.it_interval.tv_nsec++);
    CHECK(is.it_interval.tv_sec == 55 && is.it_interval.tv_nsec == 7);
    CHECK(is.it_value.tv_sec > 4900 && is.it_value.tv_sec <= 5000);
    CHECK(timer_gettime(c, &is) == 0 && is.it_value.tv_sec == 0 &&
          is.it_value.tv_nsec == 0);
    was = ticks;
    UNTIL(ticks > was + 1);
    CHECK(value == word && other == 0);
    CHECK(timer_delete(a) == 0);
    CHECK(timer_settime(c, 0, &v, NULL) == 0);
    for (long long end = claim_ms() + 20000; value;)
        CHECK(claim_ms() < end);
    CHECK(timer_delete(c) == 0 && timer_delete(b) == 0);
    claim_pass();
}
