/*
 * obstacles.h - why no checkpoint can begin, whoever asks for it.
 */
#ifndef CKPT_COORDINATOR_OBSTACLES_H
#define CKPT_COORDINATOR_OBSTACLES_H

#include "lib/base/err.h"

struct ck_coord;
struct ck_peer;

/* twins.c: two trees of one name */
void ck_twins_registered(struct ck_coord *c, struct ck_peer *x);
int ck_twins_check(const struct ck_coord *c, struct ck_err *e);

/* off.c: tasks that run without us */
int ck_off_check(const struct ck_coord *c, struct ck_err *e);
void ck_off_forget(const struct ck_coord *c); /* those of an older run */

#endif
