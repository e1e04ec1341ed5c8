/*
 * super.h - standing in the foreground for a computation.
 *
 * The terminal's INT and QUIT reach the programs without us, so they are
 * ignored here; TERM, HUP, USR1 and USR2 that were sent to us are passed
 * on to the roots. Signals are blocked and taken one by one: no handler.
 */
#ifndef CKPT_CLI_SUPER_H
#define CKPT_CLI_SUPER_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

struct ck_root {
    char tree[128];
    pid_t pid;
    int ended;
    int status; /* wait status */
};

struct ck_super {
    sigset_t old_mask;
    struct sigaction old_chld;
};

void ck_super_begin(struct ck_super *s);
/* From here on, what the coordinator of dir warns of is said on stderr: it
 * stands in D/journal, and a signal tells when that grows. Where none comes
 * (another node's coordinator, and a network file system) it is said at the
 * end. */
void ck_super_listen(const char *dir);
/* In a forked child, before exec: signals as they were given to us. */
void ck_super_child(const struct ck_super *s);
/* Waits at most limit_ms (-1: no limit) for an event, passes signals on and
 * reaps. Returns how many of the roots have not ended. Writes D/exit.<tree>
 * of one that has. */
size_t ck_super_step(const char *dir, struct ck_root *roots, size_t n,
                     int limit_ms);
/* Until all have ended. */
void ck_super_wait(const char *dir, struct ck_root *roots, size_t n);
/* "ended by SIGKILL; `ckpt restart D` goes on from image set 3", when that
 * is what happened. Gives the exit code of the first root. */
int ck_super_end(const char *dir, const struct ck_root *first);

#endif
