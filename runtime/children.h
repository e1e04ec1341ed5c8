/*
 * children.h - the children of this process (children.c); on the agent's
 * thread.
 */
#ifndef CKPT_RUNTIME_CHILDREN_H
#define CKPT_RUNTIME_CHILDREN_H

#include <stddef.h>
#include <stdint.h>

#define CK_CHILDREN_MAX 8192

struct ck_children {
    uint32_t n;
    uint32_t pid[CK_CHILDREN_MAX];
};

/* Those that live and are the program's. Who is stopped by a signal is made to
 * answer (frozen.h). 0, or -errno and why: one of them can't be, or there are
 * too many. */
int ck_children_list(struct ck_children *c, char *why, size_t cap);
/* Whether another process of this node has ended, for the coordinator, which
 * has lost its connection and may be on another node. 0 or -errno. */
struct ck_msg_inquire;
long ck_children_inquired(int fd, const struct ck_msg_inquire *m);

#endif
