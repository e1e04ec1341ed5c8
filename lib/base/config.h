/*
 * config.h - site defaults: ckpt.conf, and the key=value arguments of a
 * plugstack.conf line, which know the same keys.
 *
 * `key = value` per line, # begins a comment. An unknown key or a bad value
 * is an error that names file and line: a misspelt default must not be
 * silently without effect. All of them are named, since who mends one wants to
 * know of the next. Keys: CK_CONFIG_KEYS.
 */
#ifndef CKPT_LIB_BASE_CONFIG_H
#define CKPT_LIB_BASE_CONFIG_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/paths.h"

#define CK_CONFIG_KEYS "interval, dir, keep, lead, on, failures, required"
#define CK_ON_TIMEOUT 1u
#define CK_ON_PREEMPT 2u
#define CK_ON_FAILURE 4u
#define CK_EVENTS_TEXT 32 /* all of them, with commas */
#define CK_FAILURES 3
#define CK_LEAD_AUTO UINT32_MAX

struct ck_config {
    uint32_t interval; /* seconds; 0: no clock */
    uint32_t keep;     /* image sets kept, >= 1 */
    uint32_t lead;     /* seconds before the limit, or CK_LEAD_AUTO */
    uint32_t on;       /* CK_ON_* */
    uint32_t failures; /* that are followed by a requeue, >= 1 */
    int required;      /* a job without checkpoints fails */
    char dir[CK_PATH]; /* "" : not set. %u user, %j job id */
};

void ck_config_init(struct ck_config *c);
/* Missing file: 0, nothing changed. -EINVAL with all that is wrong in it. */
int ck_config_load(struct ck_config *c, const char *path, struct ck_err *e);
/* One key, its value as Slurm users write it (interval, lead in Slurm's
 * time format). -EINVAL with a text that names both; -ENOENT: there is no such
 * key. */
int ck_config_set(struct ck_config *c, const char *key, const char *value,
                  struct ck_err *e);
/* "timeout,preempt" or "none" -> mask, and back. */
int ck_config_events(const char *s, uint32_t *mask);
const char *ck_config_events_text(uint32_t mask, char buf[CK_EVENTS_TEXT]);

#endif
