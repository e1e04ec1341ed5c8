/*
 * places.h - where a restart has put what was bound: D/places.<tree>.
 *
 * Not an image, but an array of pairs in the host's byte order, written by
 * the restart (restart/places.c) for the processes of one tree on one node,
 * and missing when cpus and memory nodes are the ones of the checkpoint. A
 * number may stand in several pairs: it has become several.
 */
#ifndef CKPT_LIB_IMAGE_PLACES_H
#define CKPT_LIB_IMAGE_PLACES_H

#include <stddef.h>
#include <stdint.h>

#define CK_CPUS 1024 /* of a machine; others can't be bound to again */
#define CK_NODES 1024
#define CK_PLACES_MAX 65536 /* pairs */

enum ck_place_kind { CK_PLACE_CPU = 1, CK_PLACE_NODE = 2 };

struct ck_place_pair {
    uint16_t kind, from, to, zero;
};

/* The open file as read-only memory: NULL with *n 0 when there is none. */
const struct ck_place_pair *ck_places_map(const char *job_dir,
                                          const char *tree, size_t *n);
void ck_places_unmap(const struct ck_place_pair *p, size_t n);

/*
 * Where the members of `from`, a set of CK_CPUS or CK_NODES bits, are now.
 * Returns 1 if `from` has all numbers that the pairs know: not bound.
 */
int ck_places_move(const struct ck_place_pair *p, size_t n,
                   enum ck_place_kind kind, const uint64_t *from,
                   uint64_t *to);

#endif
