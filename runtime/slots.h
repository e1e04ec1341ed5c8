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
 * the first behind vfork? */
int ck_in_passing(uint64_t ip);
/* Fills what is read from registers: both ways of stopping. */
void ck_thread_seen(struct ck_slot *t, struct user_regs_struct *regs);

#endif
