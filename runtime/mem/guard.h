/*
 * guard.h - guard regions (MADV_GUARD_INSTALL, Linux 6.13): pages inside of
 * an area that nobody may touch. glibc 2.42 puts one at the end of every
 * thread's stack. They stand in the page table only.
 */
#ifndef CKPT_RUNTIME_MEM_GUARD_H
#define CKPT_RUNTIME_MEM_GUARD_H

#include <stdint.h>

#include "lib/image/writer.h"

#define CK_GUARDS_MAX 16384 /* ranges of one process */

struct ck_guards {
    uint32_t lock, n;
    int err; /* -EOVERFLOW: there are more */
    struct ck_run range[CK_GUARDS_MAX];
};

/* What pagemap says of one page; a guard is noted. 1: it is one. */
int ck_guard_is(struct ck_guards *g, uint64_t entry, uint64_t addr);
/* Notes those of an area in which nothing else is. */
void ck_guard_scan(struct ck_guards *g, int pagemap, uint64_t start,
                   uint64_t end);
/* The record of what was noted; 0 or -errno. */
int ck_guard_put(const struct ck_guards *g, struct ck_imgw *w);

#endif
