/*
 * sets.h - the image sets in a job directory. Hosted.
 *
 * set-000001, set-000002, ... A set is committed when it has a MANIFEST;
 * one without is being written, or was left by a crash. Nothing here takes
 * a lock: a set is only ever removed after its MANIFEST was renamed away,
 * so that at every instant what looks committed is whole. Every function
 * returns 0 or -errno and then the reason in `e`.
 */
#ifndef CKPT_LIB_BASE_SETS_H
#define CKPT_LIB_BASE_SETS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/manifest.h"

struct ck_set {
    uint32_t number;
    int committed;
    char name[32]; /* set-000001 */
};

struct ck_sets {
    struct ck_set *v; /* ascending */
    size_t n;
};

/* An absent or empty directory has no sets; another error is returned. */
int ck_sets_scan(const char *job_dir, struct ck_sets *out, struct ck_err *e);
void ck_sets_free(struct ck_sets *s);

int ck_set_manifest(const char *job_dir, uint32_t number,
                    struct ck_manifest **out, struct ck_err *e);

/* What a verification tells on its way; each member may be NULL. `file` is
 * called once per image, in the manifest's order, from the caller's thread;
 * err 0 and why "" for a good one. `progress` from the caller's thread.
 * quick: only sizes, indexes and their sums are checked, not the blocks. */
struct ck_set_report {
    void (*file)(void *arg, const struct ck_manifest_image *im, int err,
                 const char *why);
    void (*progress)(void *arg, uint64_t done, uint64_t total);
    void *arg;
    int quick;
};

/* One image file: size and checksum as `im` says (NULL: not compared), every
 * block good unless `quick`. The reason goes on after the file's name. */
int ck_image_verify(const char *path, const struct ck_manifest_image *im,
                    int quick, struct ck_err *e);
/* Every file of the manifest, with two threads. *out (may be NULL) gets the
 * manifest when it could be read, whatever the result. -ESTALE: the set was
 * removed meanwhile. */
int ck_set_verify(const char *job_dir, uint32_t number,
                  const struct ck_set_report *rep, struct ck_manifest **out,
                  struct ck_err *e);

/* The newest committed set with a number above `above` that verifies.
 * passed_over is called for each newer one that does not, newest first.
 * -ENOENT: there is none. */
int ck_sets_newest_good(const char *job_dir, uint32_t above,
                        void (*passed_over)(void *arg, uint32_t number,
                                            const char *why),
                        void *arg, const struct ck_set_report *rep,
                        struct ck_manifest **out, struct ck_err *e);
/* The newest committed set's number, 0 if there is none. Looks only for the
 * MANIFEST's presence. */
uint32_t ck_sets_newest(const char *job_dir);

/*
 * D/finished: a computation that has ended by itself leaves sets that nobody
 * goes on from unless he says so. "<set> <wait status>\n": all up to this
 * number are of runs that are over; a later run's have higher ones. They stay
 * until that run has a set of its own and is pruned.
 */
int ck_sets_finish(const char *job_dir, uint32_t upto, int status,
                   struct ck_err *e);
/* Somebody goes on from one of them all the same: the run is not over. */
void ck_sets_reopen(const char *job_dir);
/* That number, 0 if there is none; status (may be NULL): how it has ended. */
uint32_t ck_sets_finished(const char *job_dir, int *status);

/* Removes a set: MANIFEST renamed away, then files, then the directory. */
int ck_set_delete(const char *job_dir, uint32_t number, struct ck_err *e);
/* Removes committed sets but the newest `keep` (at least 1), those up to `over`,
 * of runs that are over, if there is one of a later run, what older uncommitted ones left, and
 * notes that no set left needs (undo.h); never a
 * set newer than the newest committed. `gone` (may be NULL) is called for
 * each one removed. */
int ck_sets_prune(const char *job_dir, uint32_t keep, uint32_t over,
                  void (*gone)(void *arg, uint32_t number), void *arg,
                  struct ck_err *e);

#endif
