/*
 * lost.h - processes whose connection is gone and that nobody has seen end.
 *
 * A connection closes when a process ends, when it executes another program,
 * and when its node dies. A set without a process that lives, or of which
 * nobody knows, would start it anew at a restart, so there is none while one
 * is lost. Whoever can know is asked, again and again: /proc for this node,
 * other agents for theirs, the record of how its tree has ended (D/exit.TREE,
 * by slurmstepd or `ckpt launch`), and the end of the launcher of its tree.
 */
#ifndef CKPT_COORDINATOR_LOST_H
#define CKPT_COORDINATOR_LOST_H

#include <stdint.h>
#include <sys/queue.h>

#include "coordinator/loop.h"
#include "lib/base/index.h"

struct ck_coord;
struct ck_peer;
struct ck_json;
struct ck_msg_answer;

struct ck_lost {
    TAILQ_ENTRY(ck_lost) entry;
    uint32_t pid, vpid;
    uint64_t start;
    char *node, *tree, *command;
    char why[96];   /* of the connection */
    int64_t since;  /* ms */
    int told;       /* the log has it */
};

struct ck_losses {
    TAILQ_HEAD(ck_lost_list, ck_lost) list;
    struct ck_index places; /* of node and number */
    struct ck_timer look;
    int64_t pause; /* between two looks, ms */
    unsigned turn; /* which of a node's agents is asked */
    int64_t expected_until; /* all of them: they are on their way (takeover.h) */
};

void ck_lost_init(struct ck_coord *c);
void ck_lost_fini(struct ck_coord *c);
/* x is still in the registry, and its connection is gone. */
void ck_lost_add(struct ck_coord *c, const struct ck_peer *x, const char *why);
/* One can still be on its way back. */
int ck_lost_expects(const struct ck_coord *c);
/* It has registered, perhaps again. */
void ck_lost_found(struct ck_coord *c, const struct ck_peer *x);
void ck_lost_answer(struct ck_coord *c, const struct ck_peer *from,
                    const struct ck_msg_answer *m);
/* All are stopped: is one lost? Then the checkpoint waits for news of it, or
 * has failed by now. */
int ck_lost_in_the_way(struct ck_coord *c);
/* Into the array of processes of a status document. */
void ck_lost_status(struct ck_coord *c, struct ck_json *j);

#endif
