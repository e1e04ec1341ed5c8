/* Claim: clocks of processor time, of process, thread and reaped children,
 * do not go back, and a child begins at zero. */
#include "claim.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

#define ENOUGH 200 /* ms */

static long ms(clockid_t clock)
{
    struct timespec t;

    CHECK(clock_gettime(clock, &t) == 0);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long used(int who)
{
    struct rusage ru;

    CHECK(getrusage(who, &ru) == 0);
    return ru.ru_utime.tv_sec * 1000 + ru.ru_utime.tv_usec / 1000 +
           ru.ru_stime.tv_sec * 1000 + ru.ru_stime.tv_usec / 1000;
}

static void work(void)
{
    while (ms(CLOCK_THREAD_CPUTIME_ID) < ENOUGH)
        ;
}

static volatile int worked, go_on;

static void *other(void *arg)
{
    work();
    worked = 1;
    UNTIL(go_on);
    BREAK(go_on = 2);
    CHECK(ms(CLOCK_THREAD_CPUTIME_ID) >= ENOUGH);
    CHECK(used(RUSAGE_THREAD) >= ENOUGH - 20);
    return arg;
}

static pid_t make(void (*fn)(void))
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        fn();
        _exit(0);
    }
    return pid;
}

static void look(void)
{
    CHECK(ms(CLOCK_PROCESS_CPUTIME_ID) < ENOUGH);
    CHECK(ms(CLOCK_THREAD_CPUTIME_ID) < ENOUGH);
    CHECK(used(RUSAGE_CHILDREN) < ENOUGH);
}

int main(void)
{
    long process, children, self, ticks;
    struct tms t;
    pthread_t thread;
    clock_t was;

    claim_reap(make(work));
    CHECK(pthread_create(&thread, NULL, other, NULL) == 0);
    UNTIL(worked);
    work();
    process = ms(CLOCK_PROCESS_CPUTIME_ID);
    children = used(RUSAGE_CHILDREN);
    self = used(RUSAGE_SELF);
    was = clock();
    CHECK(times(&t) != (clock_t)-1);
    ticks = t.tms_utime + t.tms_stime + t.tms_cutime + t.tms_cstime;
    CHECK(process >= 2 * ENOUGH && children >= ENOUGH - 20);
    claim_ready();
    claim_wait();
    BREAK(process += 1000000);
    CHECK(ms(CLOCK_PROCESS_CPUTIME_ID) >= process);
    CHECK(ms(CLOCK_PROCESS_CPUTIME_ID) < process + 5000);
    CHECK(ms(CLOCK_THREAD_CPUTIME_ID) >= ENOUGH);
    CHECK(used(RUSAGE_CHILDREN) >= children);
    CHECK(used(RUSAGE_SELF) >= self);
    CHECK(clock() >= was);
    CHECK(times(&t) != (clock_t)-1);
    CHECK(t.tms_utime + t.tms_stime + t.tms_cutime + t.tms_cstime >= ticks);
    go_on = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    claim_reap(make(look));
    claim_pass();
}
