/*
 * save.h - the pages of memory areas, into an image.
 */
#ifndef CKPT_RUNTIME_MEM_SAVE_H
#define CKPT_RUNTIME_MEM_SAVE_H

#include "lib/image/writer.h"
#include "runtime/mem/areas.h"

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
 * workers (1..CK_SAVE_THREADS). make_readable: areas without PROT_READ may
 * be mprotected for reading; put_back says whether to undo that. The error
 * is in w. p may be NULL.
 */
void ck_save_pages(struct ck_imgw *w, struct ck_imgw_stream *s,
                   const struct ck_mareas *m, int early, unsigned threads,
                   struct ck_progress *p);

/* Shared anonymous memory into an image of its own, unless a relative has
 * done it already. *written: 1 when this call wrote the file. 0 or -errno
 * with a reason. name gets the file's name within set_dir. */
int ck_save_shm(const char *set_dir, const struct ck_marea *a, char *name,
                size_t name_cap, uint64_t out[3], int *written, char *why,
                size_t cap);

#endif
