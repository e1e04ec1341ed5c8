/*
 * options.h - what the coordinator was told on its command line. Read only
 * once everything has started: who needs a value is given it.
 */
#ifndef CKPT_COORDINATOR_OPTIONS_H
#define CKPT_COORDINATOR_OPTIONS_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/paths.h"

/* Limits of the phases, milliseconds. */
struct ck_limits {
    int64_t stop;
    int64_t drain;
    int64_t snapshot; /* between two signs of life */
    int64_t write;    /* between two signs of life */
    int64_t restore;  /* between two signs of life */
    int64_t quit;     /* from TERM to KILL */
    int64_t first;    /* until the first process registers */
    int64_t linger;   /* how long an empty computation may come back */
    int64_t remind;   /* to the first reminder that checkpoints fail */
};

struct ck_options {
    char dir[CK_PATH];
    char name[128]; /* of the computation, for the manifest */
    char listen[128];
    uint32_t interval; /* seconds; 0: no clock */
    uint32_t keep;
    int64_t lead;      /* ms, or CK_POLICY_AUTO */
    uint32_t on;       /* CK_ON_* */
    uint32_t restore;  /* set number; 0: none */
    uint32_t job;      /* Slurm's job id; 0: not in Slurm */
    int slurm;
    int interactive;
    int stay;          /* does not end when the computation has */
    int foreground;
    int parent_watch;
    int unkept;        /* no keeper */
    struct ck_limits limit;
};

/* 0; 1: help was printed; -EINVAL with the reason. */
int ck_options_parse(struct ck_options *o, int argc, char **argv,
                     struct ck_err *e);

#endif
