/*
 * graph.h - who makes whom, in which session and group (pure; graph.c).
 *
 * A process inherits its session from its maker at that moment, joins a
 * group only if that exists in its session, and is adopted from outside when
 * its maker ends. What the tree looked like has to be reached again by
 * fork, setsid and setpgid alone.
 */
#ifndef CKPT_RESTART_GRAPH_H
#define CKPT_RESTART_GRAPH_H

#include "restart/plan.h"

enum ck_when {
    CK_EARLY, /* forked before its maker's setsid */
    CK_LATE,
};

struct ck_node {
    int proc;   /* index in the image; -1: a helper */
    int parent; /* node that has it as child in the end; -1: outside */
    int maker;  /* node that forks it; -1: the starting process */
    enum ck_when when;
    uint32_t vpid;
    uint32_t session; /* 0: whatever its maker has */
    uint32_t group;   /* 0: the same */
    uint32_t need;    /* session that it must be born in; 0: any */
    uint32_t birth;   /* the one it will be born in */
    int leads_session;
    int leads_group;  /* has to make the group of its own number */
    int subreaper;
    int word;         /* counts who joined the group it leads; -1: none */
    uint32_t members; /* how many that must be before it may leave or end */
    int only_leaving; /* all of those have a group of their own to leave */
    int joins;        /* the word in which it is counted; -1: none */
};

struct ck_graph {
    struct ck_node *node; /* those of the image first, in its order */
    size_t n, cap;
    size_t nproc;
    int root;
    uint32_t out_pgid, out_sid;
    uint32_t words;
    int *order;           /* makers before what they make */
};

int ck_graph_make(struct ck_graph *g, const struct ck_tree_image *img,
                  char *why, size_t cap);
void ck_graph_free(struct ck_graph *g);
/* Is it a group of the surroundings? */
int ck_graph_is_outside(const struct ck_graph *g, uint32_t group);
/* Node with this number, or -1. */
int ck_graph_find(const struct ck_graph *g, uint32_t vpid);

#endif
