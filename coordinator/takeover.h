/*
 * takeover.h - a coordinator in the place of one that was killed.
 *
 * The computation is the same one, and so is its generation. Its agents have
 * let everybody run on and connect again; what was under way is over, and what
 * it has left of a set goes with the next ones. Who was there stands in
 * D/status.json: who is not back counts as lost (lost.h), so no set may be
 * without him, and none is begun while all can still be on their way.
 */
#ifndef CKPT_COORDINATOR_TAKEOVER_H
#define CKPT_COORDINATOR_TAKEOVER_H

#include "lib/base/err.h"

struct ck_coord;

/* With the journal replayed, before anybody can connect. 0, or -ECANCELED:
 * there is nothing to go on with, as the reason says. */
int ck_takeover(struct ck_coord *c, struct ck_err *e);
/* The loop runs: ends the computation if that had been asked for. */
void ck_takeover_done(struct ck_coord *c);

#endif
