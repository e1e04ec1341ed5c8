/*
 * config.h - site defaults: ckpt.conf, and the key=value arguments of a
 * plugstack.conf line, which know the same keys.
 *
 * `key = value` per line, # begins a comment. An unknown key or a bad value
 * is an error that names file and line: a misspelt default must not be
 * silently without effect. Keys: interval, dir, keep, lead, on, required.
 */
#ifndef CKPT_LIB_BASE_CONFIG_H
#define CKPT_LIB_BASE_CONFIG_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/paths.h"

#define CK_ON_TIMEOUT 1u
#define CK_ON_PREEMPT 2u
#define CK_LEAD_AUTO UINT32_MAX

struct ck_config {
    uint32_t interval; /* seconds; 0: no clock */
    uint32_t keep;     /* image sets kept, >= 1 */
    uint32_t lead;     /* seconds before the limit, or CK_LEAD_AUTO */
    uint32_t on;       /* CK_ON_* */
    int required;      /* a job without checkpoints fails */
    char dir[CK_PATH]; /* "" : not set. %u user, %j job id */
};

void ck_config_init(struct ck_config *c);
/* Missing file: 0, nothing changed. */
int ck_config_load(struct ck_config *c, const char *path, struct ck_err *e);
/* One key, its value as Slurm users write it (interval, lead in Slurm's
 * time format). -EINVAL with a text that names both. */
int ck_config_set(struct ck_config *c, const char *key, const char *value,
                  struct ck_err *e);
/* "timeout,preempt" or "none" -> mask. */
int ck_config_events(const char *s, uint32_t *mask);

#endif
