/*
 * fate.h - what has become of a computation whose coordinator does not
 * answer, from what it left in the job directory.
 */
#ifndef CKPT_CLI_FATE_H
#define CKPT_CLI_FATE_H

#include "cli/ask.h"

/* Exit statuses of `ckpt status`, which scripts wait for. */
enum ck_fate { CK_FATE_LIVE = 0, CK_FATE_ENDED = 3, CK_FATE_GONE = 4,
               CK_FATE_WAITS = 5 };

/* state: "ended", "waiting" (for Slurm to start the job again), "gone" (its
 * coordinator has died here) or "unreachable" (it may live on another node).
 * was: the state in its last document. how: what Slurm says of its end, or
 * NULL. exit: of the first program, -1: not known. alone: its processes that
 * still run on this node. live: the rest is empty. */
struct ck_fate_of {
    enum ck_fate fate;
    const char *state, *was, *how;
    int exit;
    unsigned alone;
};

void ck_fate(const char *dir, const struct ck_status *s, struct ck_fate_of *f);
/* The last document with what is known by now; to be freed. NULL: no memory. */
char *ck_fate_json(const struct ck_status *s, const struct ck_fate_of *f);

#endif
