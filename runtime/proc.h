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
uint64_t ck_now_us(void);
void ck_sleep_us(unsigned us);
/* Calls fn for every number that names an entry of the directory, e.g. the
 * threads in /proc/self/task. fn returns nonzero to stop. -errno or 0. */
int ck_each_number(const char *dir, int (*fn)(int32_t n, void *arg),
                   void *arg);
/* Yama 1 lets only an ancestor trace, unless we name who may: a process, 0
 * for nobody else, -1 for all. */
void ck_let_trace(long pid);
int32_t ck_getpid(void); /* real */
/* Field n (from 1) of the text of a stat file; the name may hold anything. */
uint64_t ck_stat_field(const char *stat, unsigned n);
uint64_t ck_resident(void); /* bytes of this process, by statm */
int32_t ck_gettid(void);

/* How many threads there are now, our own included; 64 if that can't be read. */
uint32_t ck_thread_count(void);
/* Has the tid ended, but for being waited for? */
int ck_thread_ended(int32_t pid, int32_t tid);
/* Is ip in our own code? */
int ck_in_our_code(uint64_t ip);

#endif
