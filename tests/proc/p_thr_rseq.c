/* Claim: restartable sequences stay registered: sched_getcpu, which reads
 * them, follows a thread that is moved from cpu to cpu. */
#include "claim.h"
#include <pthread.h>
#include <sched.h>
#include <sys/rseq.h>
#include <sys/syscall.h>

static volatile int up, go_on;

static struct rseq *area(void)
{
    return (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

static void on_each_cpu(const cpu_set_t *all)
{
    cpu_set_t one;
    unsigned cpu;

    for (int c = 0; c < CPU_SETSIZE; c++) {
        if (!CPU_ISSET(c, all))
            continue;
        CPU_ZERO(&one);
        CPU_SET(c, &one);
        CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
        CHECK(syscall(SYS_getcpu, &cpu, NULL, NULL) == 0);
        CHECK_EQ(cpu, c);
        CHECK_EQ(sched_getcpu(), c);
        BREAK(area()->cpu_id++);
        CHECK_EQ((int)area()->cpu_id, c);
    }
    CHECK(sched_setaffinity(0, sizeof *all, all) == 0);
}

static void *other(void *arg)
{
    up = 1;
    UNTIL(go_on);
    on_each_cpu(arg);
    return NULL;
}

int main(void)
{
    cpu_set_t all;
    pthread_t t;

    if (__rseq_size == 0)
        claim_skip("the C library did not register rseq");
    CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
    CHECK(pthread_create(&t, NULL, other, &all) == 0);
    UNTIL(up);
    claim_ready();
    claim_wait();
    on_each_cpu(&all);
    go_on = 1;
    CHECK(pthread_join(t, NULL) == 0);
    claim_pass();
}
