/*
 * start.h - starting a coordinator, and leaving the terminal.
 */
#ifndef CKPT_CLI_START_H
#define CKPT_CLI_START_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/base/paths.h"

struct ck_coord_start {
    const char *dir;   /* absolute */
    const char *name;  /* NULL: none */
    int has_interval;
    uint32_t interval; /* seconds */
    uint32_t keep;     /* 0: the coordinator's own default */
    uint32_t restore;  /* number of a set, 0: none */
};

/* Runs `ckpt coordinator` in the background, in its own session, with its
 * messages in D/log, and waits (10 s) until it answers. Gives its pid, a
 * child of ours, or -errno and what it had to say. */
pid_t ck_coordinator_start(const struct ck_paths *p,
                           const struct ck_coord_start *s, struct ck_err *e);

/* Asks it to end if nothing is connected to it any more, and waits until it
 * is gone or limit_ms is over. 1: gone. 0: it has work, or did not go. */
int ck_coordinator_dismiss(const char *dir, int limit_ms);

/* Goes on in the background. The parent prints D when ck_detached(fd, 0)
 * was called there, and exits with 0; with the status given otherwise. In
 * the child standard input is /dev/null, output goes to D/output. Returns
 * the descriptor for ck_detached, or -errno. */
int ck_detach(const char *dir, struct ck_err *e);
/* Messages of the child up to now went to the old stderr; from here on to
 * D/output too. */
void ck_detached(int fd, int status);

#endif
