/* Claim: cpu affinity, nice value, scheduling policy and priority of input and
 * output of each thread are kept. */
#include "claim.h"
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define OF_THREAD 1 /* IOPRIO_WHO_PROCESS */
#define IOPRIO (2 << 13 | 6) /* best effort, of 0 to 7 */

static volatile int up, go_on;

static void *work(void *arg)
{
    struct sched_param sp = {0};
    cpu_set_t one, is;

    (void)arg;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
    CHECK(setpriority(PRIO_PROCESS, 0, 9) == 0);
    CHECK(sched_setscheduler(0, SCHED_BATCH, &sp) == 0);
    CHECK(syscall(SYS_ioprio_set, OF_THREAD, 0, IOPRIO) == 0);
    up = 1;
    UNTIL(go_on);
    BREAK(setpriority(PRIO_PROCESS, 0, 10));
    CHECK(sched_getaffinity(0, sizeof is, &is) == 0);
    CHECK(CPU_EQUAL(&one, &is));
    errno = 0;
    CHECK_EQ(getpriority(PRIO_PROCESS, 0), 9);
    CHECK_EQ(sched_getscheduler(0), SCHED_BATCH);
    CHECK_EQ(syscall(SYS_ioprio_get, OF_THREAD, 0), IOPRIO);
    return NULL;
}

int main(void)
{
    cpu_set_t was, is;
    pthread_t t;
    int nice_was;
    long io_was = syscall(SYS_ioprio_get, OF_THREAD, 0);

    CHECK(sched_getaffinity(0, sizeof was, &was) == 0);
    if (!CPU_ISSET(0, &was))
        claim_skip("cpu 0 is not ours");
    nice_was = getpriority(PRIO_PROCESS, 0);
    if (nice_was > 8)
        claim_skip("too nice already");
    CHECK(pthread_create(&t, NULL, work, NULL) == 0);
    UNTIL(up);
    claim_ready();
    claim_wait();
    CHECK(sched_getaffinity(0, sizeof is, &is) == 0 && CPU_EQUAL(&was, &is));
    CHECK_EQ(getpriority(PRIO_PROCESS, 0), nice_was);
    CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
    CHECK_EQ(syscall(SYS_ioprio_get, OF_THREAD, 0), io_was);
    go_on = 1;
    CHECK(pthread_join(t, NULL) == 0);
    claim_pass();
}
