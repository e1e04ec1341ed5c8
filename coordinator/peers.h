/*
 * peers.h - who is connected: processes, capture helpers, control clients.
 *
 * The registry only: who they are and what they were last heard of. What
 * they are told is checkpoint.c's and restore.c's. A process is known by
 * its key, which is never used again, and found by node and real pid.
 */
#ifndef CKPT_COORDINATOR_PEERS_H
#define CKPT_COORDINATOR_PEERS_H

#include <stdint.h>
#include <sys/queue.h>

#include "coordinator/link.h"
#include "lib/base/index.h"

enum ck_pstate {
    CK_P_HELD,      /* a root that waits for its WELCOME */
    CK_P_RUNNING,
    CK_P_STOPPING,  /* STOP is out */
    CK_P_STOPPED,
    CK_P_SNAPPED,   /* still parked, its snapshot is taken */
    CK_P_WRITING,   /* runs; its image is being written */
    CK_P_RESTORING,
    CK_P_RESTORED,  /* waits for GO */
};

struct ck_peer {
    TAILQ_ENTRY(ck_peer) entry;
    struct ck_link *link;
    uint64_t key;
    uint32_t pid, vpid;
    uint64_t start; /* when it was made; 0: not known */
    uint8_t kind, root, twin; /* twin: see twins.c */
    int departed; /* executes another program; its writer goes on */
    char *node, *tree, *command;
    enum ck_pstate state;
    int term; /* Slurm's TERM is held back there */
    /* of the checkpoint under way */
    int member;           /* is part of the set */
    int written;          /* its image is complete */
    uint32_t *child;      /* real pids, from STOPPED */
    uint32_t nchild;
    uint64_t outq, drain_moves; /* of the last DRAIN */
    uint8_t input;        /* enum ck_input: what it has answered */
    unsigned input_flags; /* what it is told about it */
    uint64_t inq;
    uint64_t done, total; /* bytes */
};

struct ck_helper {
    TAILQ_ENTRY(ck_helper) entry;
    struct ck_link *link;
    char *tree;
    int written;
    uint64_t done, total;
};

struct ck_control {
    TAILQ_ENTRY(ck_control) entry;
    struct ck_link *link;
    int waiting;    /* for a checkpoint */
    uint32_t id;    /* for which; 0: for the next one to begin */
    int to_the_end; /* else only for its beginning */
    int kill_after;
    int tries;
};

TAILQ_HEAD(ck_peer_list, ck_peer);
TAILQ_HEAD(ck_helper_list, ck_helper);
TAILQ_HEAD(ck_control_list, ck_control);

struct ck_peers {
    struct ck_peer_list processes;
    struct ck_helper_list helpers;
    struct ck_control_list controls;
    unsigned nprocesses;
    struct ck_index places, trees; /* of processes */
    uint64_t next_key;
};

void ck_peers_init(struct ck_peers *p);
void ck_peers_fini(struct ck_peers *p); /* the indexes: at the end */

/* All strings are copied. NULL: no memory. */
struct ck_peer *ck_peer_add(struct ck_peers *p, struct ck_link *l,
                                  uint32_t pid, uint32_t vpid,
                                  const char *node, const char *tree,
                                  const char *command);
void ck_peer_remove(struct ck_peers *p, struct ck_peer *x);
struct ck_peer *ck_peer_find(const struct ck_peers *p, const char *node,
                                   uint32_t pid);
/* The processes of a tree, one after the other; *at is 0 at first. */
struct ck_peer *ck_peer_of_tree(const struct ck_peers *p, const char *tree,
                                size_t *at);
/* Those with this number on this node, also one that has departed. */
struct ck_peer *ck_peer_at(const struct ck_peers *p, const char *node,
                           uint32_t pid, size_t *at);
struct ck_peer *ck_peer_by_key(const struct ck_peers *p, uint64_t key);
/* Keeps the children of a STOPPED: u32 each. 0, -EBADMSG, -ENOMEM. */
int ck_peer_children(struct ck_peer *x, const void *p, uint32_t n);

struct ck_helper *ck_helper_add(struct ck_peers *p, struct ck_link *l,
                                const char *tree);
void ck_helper_remove(struct ck_peers *p, struct ck_helper *h);

struct ck_control *ck_control_add(struct ck_peers *p, struct ck_link *l);
void ck_control_remove(struct ck_peers *p, struct ck_control *c);

/* "python3 (pid 120 on n1)" */
void ck_peer_text(const struct ck_peer *x, char *buf, size_t cap);
/* "stopping", as status documents have it. */
const char *ck_pstate_name(enum ck_pstate s);

#endif
