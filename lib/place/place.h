/*
 * place.h - where processes may run, and which places of another machine
 * are like those of the first.
 *
 * A checkpoint notes the cpus that a tree's processes could use, in the
 * order of the machine's topology, so that neighbours share a core, a cache,
 * a memory node. A restart gives each of them the cpu at the same part of
 * what it may use itself: halves stay halves, neighbours stay neighbours. A
 * memory node becomes the nodes that its cpus' successors are at.
 *
 * The topology is hwloc's, which is in a module of its own (hwloc/look.c,
 * lib/ckpt/ckpt-place.so): only these two moments need it, and it takes
 * milliseconds. Without it nothing is noted and nothing is moved.
 */
#ifndef CKPT_LIB_PLACE_PLACE_H
#define CKPT_LIB_PLACE_PLACE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/image/format.h"
#include "lib/image/places.h"

#define CK_PLACE_NONE 0xffff

/* id: the system's number; core, package: counted over the machine; node:
 * the system's number of the memory that is nearest; or CK_PLACE_NONE. */
struct ck_place_cpu {
    uint16_t id, core, package, node;
};

struct ck_place {
    size_t ncpu, nnode;
    struct ck_place_cpu cpu[CK_CPUS]; /* that may be used */
    uint16_t node[CK_NODES]; /* all of the machine; both in its order */
};

#define CK_PLACE_SYMBOL "ck_place_ops"
#define CK_PLACE_API_VERSION 1

/* What the module has. look: of the cpus in the set (CK_CPUS bits). 0 or
 * -errno; -ENOTSUP: what hwloc tells is not about this machine. */
struct ck_place_ops {
    uint32_t version;
    int (*look)(const uint64_t *cpus, struct ck_place *p);
};

/* The cpus that this process and the n given ones may use. 0 or -errno;
 * -ENOENT: the module can't be loaded. */
int ck_place_look(const pid_t *pid, size_t n, struct ck_place *p);

/* Pairs from one to the other, allocated; *n 0: nothing is to be moved. */
int ck_place_pairs(const struct ck_place *was, const struct ck_place *is,
                   struct ck_place_pair **pairs, size_t *n);

/* To and from the record of an image. mem: CK_PLACE_REC_MAX bytes that rec
 * points into. get: -EBADMSG for a damaged one. */
#define CK_PLACE_REC_MAX (8 * CK_CPUS + 2 * CK_NODES)
void ck_place_put(const struct ck_place *p, uint8_t *mem,
                  struct ck_placement *rec);
int ck_place_get(const struct ck_placement *rec, struct ck_place *p);

#endif
