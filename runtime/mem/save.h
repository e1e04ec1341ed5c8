/*
 * save.h - the pages of memory areas, into an image.
 */
#ifndef CKPT_RUNTIME_MEM_SAVE_H
#define CKPT_RUNTIME_MEM_SAVE_H

#include "lib/image/writer.h"
#include "runtime/mem/areas.h"
#include "runtime/mem/guard.h"

/* Progress that writer and agent share (a shared page). */
struct ck_progress {
    uint64_t done, total; /* bytes of memory */
    int32_t status;       /* 1: writing, 0: complete, -errno: failed */
    char why[256];
};

#define CK_SAVE_THREADS 8

/* Blocks that the pages of these areas can need at most. */
uint32_t ck_save_blocks(const struct ck_mareas *m);

/*
 * Writes the pages of all areas whose `early` equals early, with `threads`
 * workers (1..CK_SAVE_THREADS), and notes in m which of them had any. The
 * error is in w. Guard regions are noted in guards. p may be NULL.
 */
void ck_save_pages(struct ck_imgw *w, struct ck_imgw_stream *s,
                   struct ck_mareas *m, int early, unsigned threads,
                   struct ck_guards *guards, struct ck_progress *p);

#endif
