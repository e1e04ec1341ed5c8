/*
 * world.h - what all processes of the torture program share; for its frame.
 */
#ifndef CKPT_TESTS_TORTURE_WORLD_H
#define CKPT_TESTS_TORTURE_WORLD_H

#include "torture.h"

/* Wide: small numbers around that of a process look like a mutex it holds. */
struct worker {
    long parent; /* whose child it is made as */
    long solo;   /* has one part, and no other thread */
    long leads;  /* 1: a session, 2: a group of its own */
    long orphan; /* its maker has ended */
    volatile long pid;
    volatile long up;
};

struct world {
    char dir[400];
    int telling;
    volatile int fault, over;
    int reaper; /* the root adopts orphans */
    int n_inst, n_workers;
    struct inst inst[MAX_INST];
    struct worker worker[MAX_WORKERS];
    signed char place[MAX_INST][MAX_PARTS]; /* which worker has that part */
};

extern struct world *world;

#endif
