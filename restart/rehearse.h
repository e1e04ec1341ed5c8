/*
 * rehearse.h - would a restart from this tree image succeed? (hosted)
 *
 * The rehearsal is asked at a checkpoint, of what was just captured, before
 * the set is committed; the look around is asked of a set on disk, by `ckpt
 * verify` and by the restart itself. Neither changes anything that others
 * can see.
 */
#ifndef CKPT_RESTART_REHEARSE_H
#define CKPT_RESTART_REHEARSE_H

#include <stddef.h>

#include "restart/plan.h"

/*
 * Plans the restart of a tree and makes its descriptors, in namespaces of
 * its own where nothing of the outside is: what fails there would fail again.
 * Only set_dir, job_dir and tree of opts are used. 0: nothing is known to be
 * in the way. -errno and the reason; -EAGAIN: it may pass.
 */
int ck_rehearse(const struct ck_restart_opts *opts, char *why, size_t cap);

/* When the processes' images are there, too: do they fit to the tree's, and
 * may the kernel have so much in one process? */
int ck_rehearse_memory(const struct ck_restart_opts *opts, char *why,
                       size_t cap);

/* These n trees of a set, when all images are there: does one have what another
 * needs, too (together.c)? -ENOTSUP, and the first such thing by name. */
int ck_rehearse_together(const char *set_dir, const char *const *trees,
                         size_t n, char *why, size_t cap);

/*
 * What is in the way of a restart of this tree here and now: found is called
 * for each. The number of things found, or -errno and a reason.
 */
int ck_restart_look(const struct ck_restart_opts *opts,
                    void (*found)(void *arg, const char *why), void *arg,
                    char *why, size_t cap);

#endif
