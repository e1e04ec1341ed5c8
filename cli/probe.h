/*
 * probe.h - one question to this machine each, for `ckpt check`.
 *
 * A probe changes nothing that outlives it; what needs a process to try on
 * forks one and waits for it with a limit.
 */
#ifndef CKPT_CLI_PROBE_H
#define CKPT_CLI_PROBE_H

#include <stddef.h>

/* found: what there is, in a few words. advice: what to do when the answer
 * is no (may stay empty). Returns 1 yes, 0 no. */
typedef int ck_probe_fn(char found[160], char advice[240]);

struct ck_probe {
    const char *name;
    int required; /* without it nothing can be checkpointed here */
    ck_probe_fn *run;
};

extern const struct ck_probe ck_probes[];
extern const size_t ck_n_probes;

#endif
