/* peers.c - see peers.h. */
#include "coordinator/peers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ck_peers_init(struct ck_peers *p)
{
    *p = (struct ck_peers){.next_key = 1};
    TAILQ_INIT(&p->processes);
    TAILQ_INIT(&p->helpers);
    TAILQ_INIT(&p->controls);
}

void ck_peers_fini(struct ck_peers *p)
{
    ck_index_free(&p->places);
    ck_index_free(&p->trees);
}

static void free_process(struct ck_peer *x)
{
    free(x->node);
    free(x->tree);
    free(x->command);
    free(x->child);
    free(x);
}

struct ck_peer *ck_peer_add(struct ck_peers *p, struct ck_link *l,
                                  uint32_t pid, uint32_t vpid,
                                  const char *node, const char *tree,
                                  const char *command)
{
    struct ck_peer *x = calloc(1, sizeof *x);

    if (!x)
        return NULL;
    x->link = l;
    x->pid = pid;
    x->vpid = vpid;
    x->node = strdup(node);
    x->tree = strdup(tree);
    x->command = strdup(command);
    if (!x->node || !x->tree || !x->command ||
        ck_index_add(&p->places, ck_index_key(node, pid), x) < 0) {
        free_process(x);
        return NULL;
    }
    if (ck_index_add(&p->trees, ck_index_key(tree, 0), x) < 0) {
        ck_index_remove(&p->places, ck_index_key(node, pid), x);
        free_process(x);
        return NULL;
    }
    x->key = p->next_key++;
    x->state = CK_P_RUNNING;
    TAILQ_INSERT_TAIL(&p->processes, x, entry);
    p->nprocesses++;
    return x;
}

void ck_peer_remove(struct ck_peers *p, struct ck_peer *x)
{
    TAILQ_REMOVE(&p->processes, x, entry);
    p->nprocesses--;
    ck_index_remove(&p->places, ck_index_key(x->node, x->pid), x);
    ck_index_remove(&p->trees, ck_index_key(x->tree, 0), x);
    free_process(x);
}

struct ck_peer *ck_peer_at(const struct ck_peers *p, const char *node,
                           uint32_t pid, size_t *at)
{
    struct ck_peer *x;

    while ((x = ck_index_next(&p->places, ck_index_key(node, pid), at)))
        if (x->pid == pid && strcmp(x->node, node) == 0)
            return x;
    return NULL;
}

struct ck_peer *ck_peer_of_tree(const struct ck_peers *p, const char *tree,
                                size_t *at)
{
    struct ck_peer *x;

    while ((x = ck_index_next(&p->trees, ck_index_key(tree, 0), at)))
        if (strcmp(x->tree, tree) == 0)
            return x;
    return NULL;
}

struct ck_peer *ck_peer_find(const struct ck_peers *p, const char *node,
                             uint32_t pid)
{
    struct ck_peer *x;
    size_t at = 0;

    while ((x = ck_peer_at(p, node, pid, &at)))
        if (!x->departed)
            return x;
    return NULL;
}

struct ck_peer *ck_peer_by_key(const struct ck_peers *p, uint64_t key)
{
    struct ck_peer *x;

    TAILQ_FOREACH(x, &p->processes, entry)
        if (x->key == key)
            return x;
    return NULL;
}

int ck_peer_children(struct ck_peer *x, const void *p, uint32_t n)
{
    uint32_t *child = NULL;
    struct ck_rd r;

    if (n % 4)
        return -EBADMSG;
    if (n && !(child = malloc(n)))
        return -ENOMEM;
    ck_rd_init(&r, p, n);
    for (uint32_t i = 0; i < n / 4; i++)
        child[i] = (uint32_t)ck_get_uint(&r, 4);
    free(x->child);
    x->child = child;
    x->nchild = n / 4;
    return 0;
}

struct ck_helper *ck_helper_add(struct ck_peers *p, struct ck_link *l,
                                const char *tree)
{
    struct ck_helper *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->link = l;
    h->tree = strdup(tree);
    if (!h->tree) {
        free(h);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&p->helpers, h, entry);
    return h;
}

void ck_helper_remove(struct ck_peers *p, struct ck_helper *h)
{
    TAILQ_REMOVE(&p->helpers, h, entry);
    free(h->tree);
    free(h);
}

struct ck_control *ck_control_add(struct ck_peers *p, struct ck_link *l)
{
    struct ck_control *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->link = l;
    TAILQ_INSERT_TAIL(&p->controls, c, entry);
    return c;
}

void ck_control_remove(struct ck_peers *p, struct ck_control *c)
{
    TAILQ_REMOVE(&p->controls, c, entry);
    free(c);
}

void ck_peer_text(const struct ck_peer *x, char *buf, size_t cap)
{
    const char *slash = strrchr(x->command, '/');
    const char *name = slash && slash[1] ? slash + 1 : x->command;

    if (x->pid == x->vpid)
        snprintf(buf, cap, "%.60s (pid %u on %s)", name, x->pid, x->node);
    else
        snprintf(buf, cap, "%.60s (pid %u, now %u, on %s)", name, x->vpid,
                 x->pid, x->node);
}

const char *ck_pstate_name(enum ck_pstate s)
{
    switch (s) {
    case CK_P_HELD:
        return "held";
    case CK_P_RUNNING:
        return "running";
    case CK_P_STOPPING:
        return "stopping";
    case CK_P_STOPPED:
        return "stopped";
    case CK_P_SNAPPED:
        return "snapped";
    case CK_P_WRITING:
        return "writing";
    case CK_P_RESTORING:
        return "restoring";
    case CK_P_RESTORED:
        return "restored";
    }
    return "?";
}
