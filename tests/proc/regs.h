/*
 * regs.h - holds values in registers while a flag in memory stays zero.
 *
 * HOLD(load, save) is one asm statement: load registers from `in`, spin on
 * `flag`, save them to `out`. A register that is not put back at a resume or
 * restart shows as a difference between in and out.
 */
#ifndef CKPT_TESTS_REGS_H
#define CKPT_TESTS_REGS_H

#include "claim.h"
#include <pthread.h>

static volatile int hold_flag;
static volatile int hold_entered;

static void *hold_waiter(void *arg)
{
    UNTIL(hold_entered);
    (void)arg;
    claim_ready();
    claim_wait();
    hold_flag = 1;
    return NULL;
}

/* Starts the thread that waits for the runner and then sets the flag. */
static inline pthread_t hold_start(void)
{
    pthread_t t;

    CHECK(pthread_create(&t, NULL, hold_waiter, NULL) == 0);
    return t;
}

#define HOLD(load, save, in, out, ...)                                      \
    __asm__ volatile(load "\n"                                              \
                     "movl $1, (%[entered])\n"                              \
                     "1: pause\n"                                           \
                     "cmpl $0, (%[flag])\n"                                 \
                     "je 1b\n" save "\n"                                    \
                     :                                                      \
                     : "D"(in), "S"(out), [flag] "a"(&hold_flag),           \
                       [entered] "d"(&hold_entered)                         \
                     : "memory", "cc" __VA_ARGS__)

#endif
