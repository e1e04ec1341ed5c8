/*
 * round.h - one checkpoint, and one restart, while they are under way.
 */
#ifndef CKPT_COORDINATOR_ROUND_H
#define CKPT_COORDINATOR_ROUND_H

#include <stdint.h>

#include "coordinator/barrier.h"
#include "coordinator/loop.h"
#include "coordinator/peers.h"
#include "coordinator/policy.h"
#include "coordinator/requeue.h"
#include "lib/base/err.h"
#include "lib/base/index.h"
#include "lib/base/manifest.h"
#include "lib/base/paths.h"

struct ck_coord;

struct ck_round_tree {
    struct ck_peer *captain; /* whose agent runs the helper */
    int needed; /* has a process that is saved */
    int written;
};

struct ck_round {
    uint32_t id; /* number of the set */
    enum ck_due why;
    enum ck_then then; /* as it was when the round began */
    int final;   /* stay parked after the commit */
    int kill;    /* ... and are killed then */
    char dir[CK_PATH];
    int64_t requested, stop_sent, resumed; /* ms */
    uint64_t stall_us; /* the longest that a process reported */
    struct ck_barrier barrier;
    struct ck_timer limit;   /* of the barrier */
    struct ck_timer recheck; /* children, drain, helpers */
    unsigned rechecks;
    int64_t drain_until, abort_until;
    uint64_t drain_moves, drain_inq;
    unsigned drain_quiet;    /* rounds without a change */
    unsigned left;           /* have ended while all were being stopped */
    uint32_t word;           /* look at the job that is waited for */
    int64_t word_until, word_from; /* from: all is written but for it */
    uint8_t token[16];       /* the last that launchers send */
    struct ck_manifest *manifest;
    struct ck_round_tree *tree; /* beside manifest->tree */
    struct ck_index trees; /* by name: place + 1 */
    struct ck_index files; /* of manifest->image, by name: the name */
    int rehearsing; /* all is written, and the helpers have been asked */
    enum ck_again again; /* when it has failed */
    char reason[960];
};

/* ---- stop.c: from running to parked ---- */
void ck_stop_enter(struct ck_coord *c);           /* STOPPING */
void ck_stop_launchers_enter(struct ck_coord *c); /* STOPPING_LAUNCHERS */
void ck_stop_stopped(struct ck_coord *c, struct ck_peer *x,
                     const struct ck_msg_stopped *m);
/* Is it over? Fires the event if so. */
void ck_stop_check(struct ck_coord *c);
void ck_stop_one(struct ck_coord *c, struct ck_peer *x);

/* ---- drain.c ---- */
void ck_drain_enter(struct ck_coord *c); /* DRAINING */
void ck_drain_drained(struct ck_coord *c, struct ck_peer *x,
                      const struct ck_msg_drained *m);
/* The next round, or one of them has left. */
void ck_drain_continue(struct ck_coord *c);

/* ---- checkpoint.c ---- */
void ck_round_init(struct ck_coord *c);
void ck_round_fini(struct ck_coord *c);
/* In RUNNING only. -errno with the reason: it did not begin. */
int ck_checkpoint_begin(struct ck_coord *c, enum ck_due why,
                        struct ck_err *e);
/* Ends the checkpoint under way; without one it only keeps the reason. */
void ck_checkpoint_fail(struct ck_coord *c, enum ck_again again,
                        const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void ck_capture_enter(struct ck_coord *c); /* CAPTURING */
void ck_write_enter(struct ck_coord *c);   /* WRITING */
void ck_commit_enter(struct ck_coord *c);  /* COMMITTING */
void ck_hold_enter(struct ck_coord *c);    /* HOLDING */
void ck_abort_enter(struct ck_coord *c);   /* ABORTING */
/* What is to become of the job after a checkpoint for this reason. */
enum ck_then ck_hold_then(const struct ck_coord *c, enum ck_due why);
void ck_hold_over(struct ck_coord *c); /* HOLDING has lasted long */
/* Slurm has taken the preemption back. */
void ck_hold_withdrawn(struct ck_coord *c);
/* The requeue's answer. */
void ck_hold_requeued(struct ck_coord *c, int code, const char *why);
/* RESUME to all members, WELCOME to those held. */
void ck_round_resume(struct ck_coord *c);
void ck_round_release_held(struct ck_coord *c);
void ck_round_welcome(struct ck_coord *c, struct ck_peer *x); /* arrivals.c */
/* ABORT to all members and helpers. */
void ck_round_abort(struct ck_coord *c, const char *reason);
/* Removes the set's directory. 0 or -errno. */
int ck_round_remove(struct ck_coord *c);

void ck_checkpoint_joined(struct ck_coord *c, struct ck_peer *x);
void ck_checkpoint_gone(struct ck_coord *c, struct ck_peer *x,
                        const char *why);
void ck_checkpoint_helper_gone(struct ck_coord *c, struct ck_helper *h);
void ck_checkpoint_capture_list(struct ck_coord *c, struct ck_helper *h);
void ck_checkpoint_snapped(struct ck_coord *c, struct ck_peer *x,
                           const struct ck_msg_snapped *m);
void ck_checkpoint_captured(struct ck_coord *c, struct ck_helper *h);
void ck_checkpoint_written(struct ck_coord *c, struct ck_peer *x,
                           struct ck_helper *h,
                           const struct ck_msg_written *m);
void ck_checkpoint_rehearsed(struct ck_coord *c, struct ck_helper *h,
                             const struct ck_msg_rehearsed *m);
void ck_checkpoint_alive(struct ck_coord *c); /* PROGRESS */
/* WRITING: is all that the commit needs there? */
void ck_checkpoint_check(struct ck_coord *c);
/* Its place in the manifest, or -1. */
int ck_round_tree(const struct ck_coord *c, const char *name);
/* trees.c: of the members, which are all stopped. 0 or -ENOMEM. */
int ck_round_collect(struct ck_coord *c);
void ck_round_forget(struct ck_round *r);
/* rehearse.c. Once per round; nonzero: helpers have been asked now. */
int ck_round_rehearse(struct ck_coord *c);
void ck_round_barrier(struct ck_coord *c, const char *name, int64_t limit);
void ck_round_expect(struct ck_coord *c, uint64_t key);
#define CK_TREE_KEY(i) (UINT64_C(1) << 63 | (uint64_t)(i))

/* ---- restore.c ---- */
struct ck_expected {
    const struct ck_manifest_image *image;
    struct ck_peer *process; /* NULL: has not connected */
    int restored;
};

struct ck_restore {
    struct ck_manifest *manifest;
    struct ck_expected *expected;
    struct ck_index places; /* of tree and number: in expected */
    size_t n, back; /* back: restored */
    int64_t deadline;
    struct ck_timer limit;
    uint64_t total;
};

int ck_restore_begin(struct ck_coord *c, struct ck_err *e);
void ck_restore_connect(struct ck_coord *c, struct ck_link *l,
                        const struct ck_msg_restoring *m);
void ck_restore_restored(struct ck_coord *c, struct ck_peer *x,
                         const struct ck_msg_restored *m);
void ck_restore_alive(struct ck_coord *c);
void ck_restore_gone(struct ck_coord *c, struct ck_peer *x);
void ck_restore_fail(struct ck_coord *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void ck_restore_go(struct ck_coord *c);      /* entering RUNNING */
void ck_restore_give_up(struct ck_coord *c); /* entering ENDED */
void ck_restore_fini(struct ck_coord *c);

#endif
