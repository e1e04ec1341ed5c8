/*
 * sim.h - a small kernel in memory that executes the plan of a restart.
 *
 * A test says what a tree looked like. The plan for it is made and executed,
 * with the processes in several bad orders, and the tree has to look the same
 * in the end: parent, group and session of each, no process too many, nobody
 * that waits. What does not is a failed assertion.
 */
#ifndef CKPT_TESTS_UNIT_SIM_H
#define CKPT_TESTS_UNIT_SIM_H

#include "tests/unit/unit.h"

#include "restart/plan.h"

struct ck_sim_row {
    uint32_t vpid, vppid, vpgid, vsid;
    uint8_t kind; /* enum ck_kind */
};

extern struct ck_plan ck_sim_plan; /* the last that was made */
/* row[0] is the root; its group and session are the surroundings' if they
 * are no process of the tree. 0 or -errno, with the reason. */
int ck_sim_plan_of(const struct ck_sim_row *t, size_t n, char *why,
                   size_t cap);
void ck_sim_same_tree(const struct ck_sim_row *t, size_t n);

#endif
