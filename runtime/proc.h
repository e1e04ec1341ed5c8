/*
 * proc.h - small things that are needed everywhere; see proc.c.
 */
#ifndef CKPT_RUNTIME_PROC_H
#define CKPT_RUNTIME_PROC_H

#include <stddef.h>
#include <stdint.h>

#define CK_FUTEX_WAIT 0
#define CK_FUTEX_WAKE 1
long ck_futex_wait(uint32_t *word, uint32_t value, int timeout_ms);
void ck_futex_wake(uint32_t *word, int n);
/* Until it is not 0 any more: 0, or -ETIMEDOUT. */
int ck_futex_await(uint32_t *word, int limit_ms);

/* Gives this thread a descriptor table of its own: empty, or with fd `keep`
 * only. */
void ck_own_table(int keep);
uint64_t ck_now_us(void);
void ck_sleep_us(unsigned us);
/* Yama 1 lets only an ancestor trace, unless we name who may: a process, 0
 * for nobody else, -1 for all. */
void ck_let_trace(long pid);
/* A child that we have made for ourselves is one of ours from here on. */
void ck_become_ours(const char *name);
int32_t ck_getpid(void); /* real */
uint64_t ck_resident(void); /* bytes of this process, by statm */
int32_t ck_gettid(void);

/* How many threads there are now, our own included; 64 if that can't be read. */
uint32_t ck_thread_count(void);
/* Of a thread of this process: the signals that wait for it, and for the
 * process, and those that have a handler. 0 or -errno. */
struct ck_sigsets {
    uint64_t own, shared, caught;
};
int ck_signal_sets(int32_t tid, struct ck_sigsets *sets);
/* Is ip in our own code? */
int ck_in_our_code(uint64_t ip);

#endif
