/*
 * barrier.h - waiting for all of them, and knowing who is missing.
 *
 * An engine without I/O: members are keys that the caller gives a meaning.
 * A barrier has a limit; a sign of life may prolong it. Memory running out
 * is reported by ck_barrier_expect and by nobody else.
 */
#ifndef CKPT_COORDINATOR_BARRIER_H
#define CKPT_COORDINATOR_BARRIER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/index.h"

enum ck_member_state {
    CK_MEMBER_EXPECTED,
    CK_MEMBER_ARRIVED,
    CK_MEMBER_DROPPED, /* is none any more */
};

struct ck_barrier {
    const char *name;
    int64_t deadline; /* ms, the caller's clock */
    int64_t limit;    /* ms */
    size_t n, missing; /* members */
    size_t len, cap;
    struct ck_index index; /* key -> place + 1 */
    struct ck_member {
        uint64_t key;
        enum ck_member_state state;
    } *member;
};

/* Empties it; name is kept by reference. A zeroed struct may begin. */
void ck_barrier_begin(struct ck_barrier *b, const char *name, int64_t now,
                      int64_t limit_ms);
void ck_barrier_free(struct ck_barrier *b);

/* -EEXIST: is a member already; -ENOMEM. */
int ck_barrier_expect(struct ck_barrier *b, uint64_t key);
/* -ENOENT: is not expected; -EALREADY: had arrived. */
int ck_barrier_arrive(struct ck_barrier *b, uint64_t key);
/* Is not waited for any more. -ENOENT: was not a member. */
int ck_barrier_drop(struct ck_barrier *b, uint64_t key);

int ck_barrier_complete(const struct ck_barrier *b);
/* A sign of life: the limit counts from now. */
void ck_barrier_touch(struct ck_barrier *b, int64_t now);
int ck_barrier_overdue(const struct ck_barrier *b, int64_t now);

/*
 * One line: "stop: no answer from 2 of 5 within 10 s: A (stopping), B ...".
 * describe writes one member's name and what it was doing. More than four
 * are counted, not named.
 */
typedef void ck_describe_fn(void *arg, uint64_t key, char *buf, size_t cap);
void ck_barrier_text(const struct ck_barrier *b, ck_describe_fn *describe,
                     void *arg, char *buf, size_t cap);

#endif
