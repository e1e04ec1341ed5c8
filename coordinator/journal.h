/*
 * journal.h - what must survive the coordinator: D/journal.
 *
 * One line per event, "<unix seconds> <event> key=value ...", appended with
 * one write. Reading it from the start gives back what the next coordinator
 * has to know. A last line without its newline (a crash) is passed over, as
 * is what is not understood. The descriptor is also the lock that keeps a
 * second coordinator out of the directory.
 */
#ifndef CKPT_COORDINATOR_JOURNAL_H
#define CKPT_COORDINATOR_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* What replay reproduces. */
struct ck_history {
    uint32_t generation; /* of the last run; 0: there was none */
    uint32_t last_set;   /* highest number ever begun */
    uint32_t committed;  /* last committed set; 0: none */
    int64_t cost_ms;     /* of that one; 0: not known */
    unsigned requeues;
    uint32_t failures;   /* since a computation last ended for good */
    uint32_t failed_set; /* `committed` at the last of them, or at that end */
    int ended;  /* the last run has said that it ends */
    int absent; /* it was to go on from a set, and is not back */
    char output[512]; /* the job's, of the batch script; "": not known */
    int quit;   /* the signal by which it was told to end; 0: it was not */
};

struct ck_journal {
    int fd;
};

/* One line into *h. Pure: unit-tested without a file. */
void ck_journal_replay_line(struct ck_history *h, const char *line,
                            size_t len);

/* Opens (or makes) D/journal, locks it, replays it. -EBUSY: another
 * coordinator has it; one that is ending is waited for. */
int ck_journal_open(struct ck_journal *j, const char *dir,
                    struct ck_history *h, struct ck_err *e);
/* Opens and replays it beside the coordinator that has it, or had. */
int ck_journal_join(struct ck_journal *j, const char *dir,
                    struct ck_history *h, struct ck_err *e);
/* Appends a line; fmt begins with the event's name. sync: the event must
 * not be forgotten (start, commit, requeue). 0 or -errno. */
int ck_journal_add(struct ck_journal *j, int sync, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void ck_journal_close(struct ck_journal *j);

#endif
