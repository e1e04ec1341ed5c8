/*
 * slots.h - what both ways of stopping (stop.c, stop_signal.c) do with the
 * slots of threads.
 */
#ifndef CKPT_RUNTIME_SLOTS_H
#define CKPT_RUNTIME_SLOTS_H

#include "runtime/thread.h"

/* Room for n threads; keeps old slots' remembered syscalls. 0 or -errno. */
int ck_threads_reserve(uint32_t n);
/* Memory of this process that may be gone. 0 or -EFAULT. */
int ck_peek(uint64_t from, void *to, size_t n);
/* The slot of tid from the checkpoint before, to know what restart_syscall
 * was; -1 if unknown. */
int32_t ck_threads_remembered(int32_t tid);
/* Is fs_base the block of a glibc thread? Then our TLS can be used there. */
int ck_thread_is_libc(uint64_t fs_base);
/* Is ip a place where a thread can't be left: the last step out of its slot,
 * the first behind vfork, the entry of a signal handler? */
int ck_in_passing(uint64_t ip);
/*
 * Is a thread that is at ip, not in a system call, inside libc with a number
 * of its own or of this process in its hands, or at where one stands? regs are its fifteen general
 * registers in any order, its stack begins at sp. Such a number will be
 * written into a mutex or given to the kernel, and a restart makes it wrong.
 */
int ck_thread_carries(int32_t pid, int32_t tid, const void *regs, uint64_t ip,
                      uint64_t sp);
/* Notes where a thread is that is let run on, and counts it as a try if it
 * has moved since the last, and in `stood` if it has run and not moved: while
 * others have the processors, it may wait for one for long. */
void ck_thread_try(struct ck_slot *t, const struct user_regs_struct *r);
/* How often a thread was given a processor; 0: the kernel does not tell. */
uint64_t ck_thread_runs(int32_t tid);
/* So often such a thread is let run on; more often, it is chance. */
#define CK_CARRY_TRIES 40
/* After so many tries who leaves a window is to wait (interpose/rest.c). */
#define CK_REST_TRIES 20
int ck_thread_in_libc(uint64_t ip);
void ck_thread_find_libc(void); /* where libc's code is; from the constructor */
/* Fills what is read from registers: both ways of stopping. */
void ck_thread_seen(struct ck_slot *t, struct user_regs_struct *regs);

#endif
