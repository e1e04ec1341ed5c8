/*
 * graph.h - who makes whom, in which session and group (pure; graph.c,
 * makers.c).
 *
 * A process inherits its session from its maker at that moment, joins a
 * group only if that exists in its session, and is adopted by a process above
 * when its maker ends. What the tree looked like has to be reached again by
 * fork, setsid, setpgid and exit alone. Where that is not possible the answer
 * is -ENOTSUP, with the process and the reason; a checkpoint asks, too, so
 * that no set is committed that can't be restarted.
 */
#ifndef CKPT_RESTART_GRAPH_H
#define CKPT_RESTART_GRAPH_H

#include "restart/plan.h"

enum ck_when {
    CK_EARLY, /* forked before its maker's setsid */
    CK_LATE,
};

/* Sessions that a process need not be born in one of: no number. */
#define CK_ANY_SESSION UINT32_MAX

struct ck_node {
    int proc;   /* index in the image; -1: a helper */
    int parent; /* node that has it as child in the end; -1: outside */
    int maker;  /* node that forks it; -1: the starting process */
    enum ck_when when;
    uint32_t vpid;
    uint32_t session; /* 0: one that has no number here */
    uint32_t group;   /* 0: the same, or a helper's: its maker's */
    uint32_t need;    /* session that it must be born in, or any */
    int leads_session;
    int leads_group;  /* has to make the group of its own number */
    int depth;        /* below the root, along the makers */
    int anchor;       /* of a helper that ends so that what it has made is
                       * adopted: where it hangs; -1: not one of these */
    int heir;         /* who adopts; -1: the surroundings */
    int adopts;       /* phase in which it adopts; -1: never */
    int leaves;       /* phase in which it ends for that; -1: never */
    int word;         /* counts who joined the group it leads; -1: none */
    uint32_t members; /* how many that must be before it may end */
    int joins;        /* the word in which it is counted; -1: none */
};

/* Adoptions take place in phases, those of the deepest first: in each, its
 * heirs are the only ones that adopt, so that what they are to get passes by
 * nobody else. The last may be the surroundings'. */
struct ck_adopt {
    int depth;         /* of its heirs; -1: the surroundings adopt */
    uint32_t heirs, helpers;
    uint32_t ready, gone, over; /* words: heirs that adopt, helpers that are
                                 * gone, heirs that adopt no more */
};

struct ck_graph {
    struct ck_node *node; /* those of the image first, in its order */
    size_t n, cap;
    size_t nproc;
    int root;
    uint32_t out_pgid, out_sid;
    int outside_known; /* that out_sid is one at all */
    uint32_t words;
    int *order;           /* makers before what they make */
    struct ck_adopt *phase;
    int nphases;
};

int ck_graph_make(struct ck_graph *g, const struct ck_tree_image *img,
                  char *why, size_t cap);
void ck_graph_free(struct ck_graph *g);
/* makers.c: who makes each, and from where; helpers are added for that. */
int ck_graph_makers(struct ck_graph *g, char *why, size_t cap);
/* The node's index, or -ENOMEM. */
int ck_graph_helper(struct ck_graph *g, int maker, enum ck_when when,
                    uint32_t vpid, uint32_t session);
/* Is it a group of the surroundings? */
int ck_graph_is_outside(const struct ck_graph *g, uint32_t group);
/* Node with this number, or -1. */
int ck_graph_find(const struct ck_graph *g, uint32_t vpid);

#endif
