/*
 * undo.h - what files were like before they were written to: one line for
 * each file that a process has opened for writing since a checkpoint.
 *
 * The kernel does not tell of files that were opened, appended to and closed.
 * So who opens one notes, before the program has the descriptor, how long the
 * file was; a restart from an earlier set puts it back to that length. The
 * notes of one tree are appended to D/undo/now.<tree> in the job directory,
 * each by one write, in the host's byte order, behind a head that says which
 * checkpoint they come after. The next checkpoint sets the file aside as
 * D/undo/<after>.<tree> and begins another.
 *
 * So a restart from set N takes the files that come after N or a later one.
 * Those of a tree that has ended stand under "now" for ever, and are right
 * there: a tree that was alive at N has a file that comes after N.
 *
 * What a crash cut short, or damage, is passed over: the next whole note is
 * found by its magic and its sum. Usable without libc.
 */
#ifndef CKPT_LIB_IMAGE_UNDO_H
#define CKPT_LIB_IMAGE_UNDO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define CK_UNDO_DIR "undo"
#define CK_UNDO_NOW "now."
#define CK_UNDO_TREE_MAX 104
#define CK_UNDO_NOTE_MAX 4160 /* bytes of one in the file */

struct ck_undo_head {
    char magic[8];
    uint32_t after; /* number of the checkpoint */
    uint32_t zero;
    uint64_t sum; /* of the rest, with 0 for itself */
    char tree[CK_UNDO_TREE_MAX];
};

#define CK_UNDO_APPEND 1u /* opened with O_APPEND */
#define CK_UNDO_DATA 2u   /* `data` is known */

/* data: sum of the first and last bytes of the file (ck_undo_data), for a
 * file that may be changed in place. */
struct ck_undo_note {
    uint32_t flags;
    uint64_t dev, ino;
    uint64_t born; /* ns since the epoch; 0: the file system does not tell */
    uint64_t size; /* before it was written to */
    uint64_t data;
    const char *path; /* absolute */
};

/* What `born` is of a file. */
static inline uint64_t ck_undo_born(const struct statx *st)
{
    return st->stx_mask & STATX_BTIME
               ? (uint64_t)st->stx_btime.tv_sec * 1000000000u +
                     st->stx_btime.tv_nsec
               : 0;
}

void ck_undo_head_make(struct ck_undo_head *h, const char *tree,
                       uint32_t after);
/* Is p, of n bytes, one? The tree's name is terminated then. */
int ck_undo_head_ok(const struct ck_undo_head *p, size_t n);

/* The note as it stands in the file, in buf; 0 if it does not fit. */
size_t ck_undo_put(void *buf, size_t cap, const struct ck_undo_note *n);
/* The next whole note at or behind *pos, which moves on: 1, or 0 at the end.
 * out->path lies in p. */
int ck_undo_next(const void *p, size_t n, size_t *pos,
                 struct ck_undo_note *out);
/* Is there a note of the same file in p? It need not begin with a note. */
int ck_undo_has(const void *p, size_t n, const struct ck_undo_note *like);

/* What a program that changes a file in place and makes it longer is most
 * likely to change: its beginning (a header), and the end it had (an index,
 * a mark). Of the first `size` bytes of fd; buf has CK_UNDO_BUF. 0 or -errno.
 * The position of fd stays. */
#define CK_UNDO_FIRST (16u << 10)
#define CK_UNDO_LAST (4u << 10)
#define CK_UNDO_BUF (CK_UNDO_FIRST + CK_UNDO_LAST)
int ck_undo_data(int fd, uint64_t size, void *buf, uint64_t *sum);

#endif
