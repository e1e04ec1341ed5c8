/*
 * undo.h - the notes of files that were opened for writing, in D/undo of a
 * job directory (lib/image/undo.h): begun at a checkpoint, read at a restart,
 * removed with the sets that need them. Hosted.
 */
#ifndef CKPT_LIB_BASE_UNDO_H
#define CKPT_LIB_BASE_UNDO_H

#include "lib/base/err.h"
#include "lib/image/undo.h"

/* Sets the tree's notes aside and begins with those that come after
 * checkpoint `after`. Nobody of the tree may be running. At no instant is
 * there no file. 0 or -errno with a reason. */
int ck_undo_start(const char *job_dir, const char *tree, uint32_t after,
                  struct ck_err *e);
int ck_undo_started(const char *job_dir, const char *tree);

/* Files that somebody outside of the computation appends to for it: slurmstepd,
 * to those of `srun --label -o %t`. D/outputs.<tree> has their names, each with
 * a NUL; they are noted, as they are now, behind ck_undo_start. */
#define CK_OUTPUTS_MAX 16384 /* bytes of that */
int ck_undo_outputs(const char *job_dir, const char *tree, struct ck_err *e);

/* Removes what no restart needs when `oldest` is the oldest set. What can't
 * be removed stays. */
void ck_undo_prune(const char *job_dir, uint32_t oldest);

struct ck_undo_item {
    struct ck_undo_note note; /* its path lies in a text of the list */
    const char *tree;
    uint64_t order;
};

struct ck_undo_list {
    struct ck_undo_item *item;
    size_t n, cap;
    void **text;
    size_t ntext;
};

/* What a restart from set `from` has to look at: of each file, and of each
 * tree that noted it, the first note. `tree` NULL: those of all trees. -errno
 * only if memory runs out or a file can't be read, with a reason. */
int ck_undo_read(const char *job_dir, const char *tree, uint32_t from,
                 struct ck_undo_list *l, struct ck_err *e);
void ck_undo_free(struct ck_undo_list *l);

#endif
