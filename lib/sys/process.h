/*
 * process.h - what this node's /proc says of a process. Without libc; nothing
 * trusts a command name, which may hold blanks and parentheses.
 */
#ifndef CKPT_LIB_SYS_PROCESS_H
#define CKPT_LIB_SYS_PROCESS_H

#include <stdint.h>

/* Calls fn with every name in an open directory but . and .., until it returns
 * nonzero. -errno or 0. */
int ck_each_entry(int dir, int (*fn)(const char *name, void *arg), void *arg);
/* Calls fn for every number that names an entry of the directory, e.g. the
 * threads in /proc/self/task. fn returns nonzero to stop. -errno or 0. */
int ck_each_number(const char *dir, int (*fn)(int32_t n, void *arg),
                   void *arg);
/* Field n (from 1) of the text of a stat file, a number; 0: it has no such. */
uint64_t ck_stat_field(const char *stat, unsigned n);
/* When process pid was made (0: this one), in ticks since boot; 0: there is
 * none. With the number it is a name that no other process has. */
uint64_t ck_start_of(int32_t pid);
/* Its parent, as it is now; 0: there is no such process. */
int32_t ck_parent_of(int32_t pid);
/* Of a thread, as stat has it: 'T' for one that a signal has stopped; 0: it is
 * not there. With tid pid: of the first one. */
char ck_state_of(int32_t pid, int32_t tid);
/* Has the thread ended, but for being waited for? */
int ck_thread_ended(int32_t pid, int32_t tid);
/* Nonzero when nothing of the process that was made at `start` (0: whenever)
 * will ever run again: there is none, or each of its threads has ended or is
 * about to. Its memory, files and locks may still be there. */
int ck_process_over(int32_t pid, uint64_t start);

#endif
