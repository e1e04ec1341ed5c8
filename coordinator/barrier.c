/* barrier.c - see barrier.h. Members are kept in the order of expectation. */
#include "coordinator/barrier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NAMED 4 /* how many missing ones the text names */

void ck_barrier_begin(struct ck_barrier *b, const char *name, int64_t now,
                      int64_t limit_ms)
{
    b->name = name;
    b->limit = limit_ms;
    b->deadline = now + limit_ms;
    b->n = b->missing = b->len = 0;
    ck_index_free(&b->index);
}

void ck_barrier_free(struct ck_barrier *b)
{
    free(b->member);
    ck_index_free(&b->index);
    *b = (struct ck_barrier){0};
}

static struct ck_member *find(const struct ck_barrier *b, uint64_t key)
{
    size_t at = 0;
    void *place;

    while ((place = ck_index_next(&b->index, ck_index_key("", key), &at)))
        if (b->member[(uintptr_t)place - 1].key == key)
            return &b->member[(uintptr_t)place - 1];
    return NULL;
}

int ck_barrier_expect(struct ck_barrier *b, uint64_t key)
{
    struct ck_member *m = find(b, key);

    if (m && m->state != CK_MEMBER_DROPPED)
        return -EEXIST;
    if (!m && b->len == b->cap) {
        size_t cap = b->cap ? 2 * b->cap : 32;

        m = reallocarray(b->member, cap, sizeof *m);
        if (!m)
            return -ENOMEM;
        b->member = m;
        b->cap = cap;
        m = NULL;
    }
    if (!m) {
        if (ck_index_add(&b->index, ck_index_key("", key),
                         (void *)(uintptr_t)(b->len + 1)) < 0)
            return -ENOMEM;
        m = &b->member[b->len++];
    }
    *m = (struct ck_member){key, CK_MEMBER_EXPECTED};
    b->n++;
    b->missing++;
    return 0;
}

int ck_barrier_arrive(struct ck_barrier *b, uint64_t key)
{
    struct ck_member *m = find(b, key);

    if (!m || m->state == CK_MEMBER_DROPPED)
        return -ENOENT;
    if (m->state == CK_MEMBER_ARRIVED)
        return -EALREADY;
    m->state = CK_MEMBER_ARRIVED;
    b->missing--;
    return 0;
}

int ck_barrier_drop(struct ck_barrier *b, uint64_t key)
{
    struct ck_member *m = find(b, key);

    if (!m || m->state == CK_MEMBER_DROPPED)
        return -ENOENT;
    if (m->state == CK_MEMBER_EXPECTED)
        b->missing--;
    m->state = CK_MEMBER_DROPPED;
    b->n--;
    return 0;
}

int ck_barrier_complete(const struct ck_barrier *b)
{
    return b->missing == 0;
}

void ck_barrier_touch(struct ck_barrier *b, int64_t now)
{
    b->deadline = now + b->limit;
}

int ck_barrier_overdue(const struct ck_barrier *b, int64_t now)
{
    return b->missing && now >= b->deadline;
}

void ck_barrier_text(const struct ck_barrier *b, ck_describe_fn *describe,
                     void *arg, char *buf, size_t cap)
{
    size_t named = 0;
    int len = snprintf(buf, cap, "%s: no answer from %zu of %zu within %g s",
                       b->name, b->missing, b->n, (double)b->limit / 1000);

    for (size_t i = 0; i < b->len && len > 0 && (size_t)len < cap; i++) {
        char who[256] = "?";

        if (b->member[i].state != CK_MEMBER_EXPECTED)
            continue;
        if (named == NAMED) {
            snprintf(buf + len, cap - (size_t)len, ", ...");
            break;
        }
        describe(arg, b->member[i].key, who, sizeof who);
        len += snprintf(buf + len, cap - (size_t)len, "%s%s",
                        named++ ? ", " : ": ", who);
    }
}
