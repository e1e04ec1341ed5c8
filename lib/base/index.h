/*
 * index.h - finds things again by a number that is made of what names them.
 * Hosted.
 *
 * Several things may have one number: who looks compares what he finds. The
 * things are the caller's. A zeroed struct is an empty index.
 */
#ifndef CKPT_LIB_BASE_INDEX_H
#define CKPT_LIB_BASE_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct ck_index {
    struct ck_index_slot {
        uint64_t key;
        void *what; /* NULL: free */
    } *slot;
    size_t cap, used; /* cap: 0 or a power of two; used: not free */
};

/* Of a name and a number (0). */
uint64_t ck_index_key(const char *name, uint64_t number);
/* what is not NULL. 0 or -ENOMEM. */
int ck_index_add(struct ck_index *x, uint64_t key, void *what);
/* Harmless if it is not there. */
void ck_index_remove(struct ck_index *x, uint64_t key, const void *what);
/* One after the other, in no order; *at is 0 at first. NULL: no more. Nothing
 * may be added or removed meanwhile. */
void *ck_index_next(const struct ck_index *x, uint64_t key, size_t *at);
void ck_index_free(struct ck_index *x); /* is empty then */

#endif
