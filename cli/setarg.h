/*
 * setarg.h - what list, inspect, verify, prune and delete are pointed at.
 */
#ifndef CKPT_CLI_SETARG_H
#define CKPT_CLI_SETARG_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/paths.h"

struct ck_setarg {
    char dir[CK_PATH];   /* job directory; "" with an image outside one */
    uint32_t set;        /* 0: the whole directory is meant */
    char image[CK_PATH]; /* "", or an image file */
};

/* what: a set's directory, an image file, a job directory, a job id, a name
 * or NULL. set: of --set, 0 if not given. 0, or an exit status after its
 * message. */
int ck_setarg(const char *cmd, const char *what, uint32_t set,
              struct ck_setarg *a);

/* "verifying set-000001: 45 %" on a terminal, nothing elsewhere: for struct
 * ck_set_report, arg is the set's name. Ends its line when done. */
void ck_set_progress(void *arg, uint64_t done, uint64_t total);

/* "3.4x", or "-" where there is no data. */
void ck_ratio_text(char *buf, size_t cap, uint64_t raw, uint64_t stored);

/* "2026-01-31 12:00:00", local time. */
void ck_time_text(char *buf, size_t cap, uint64_t seconds);

#endif
