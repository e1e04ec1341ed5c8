/*
 * sysv.h - System V ids as the program sees them; see sysv.c.
 */
#ifndef CKPT_RUNTIME_VIRT_SYSV_H
#define CKPT_RUNTIME_VIRT_SYSV_H

#include <stddef.h>

#include "lib/image/sysvids.h"
#include "runtime/runtime.h"

/* begin: a tree starts, and has met nothing. load: what a restart has made;
 * after exec, and in a restarted process. 0 or -errno. */
void ck_sysv_begin(void);
int ck_sysv_load(void);

/* To the kernel, and from it; -1 as it is. */
int32_t ck_sysv_in(int kind, int32_t virt);
int32_t ck_sysv_out(int kind, int32_t real);

/* The program has or uses the object. */
void ck_sysv_note(int kind, int32_t real);
int ck_sysv_lost(void); /* nonzero: one could not be written down */
void ck_sysv_each_fixed(void (*fn)(const struct ck_sysv_entry *e));
int ck_sysv_is_fixed(int kind, int32_t virt);
/* Everything that was ever written down in this run, some of it many times;
 * until fn returns nonzero. Its result, or -errno. */
int ck_sysv_each(int (*fn)(const struct ck_sysv_entry *e));

/* interpose/sysv.c: the system call nr of System V with arguments as the
 * program knows them; what the kernel returns, as the program knows it. */
long ck_sysv_call(long nr, const long a[6]);

/* The kind of id that a call which may wait has for its first argument; 0. */
int ck_sysv_waits(long nr);

#endif
