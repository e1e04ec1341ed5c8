/*
 * wire.h - the one codec: what goes to a socket or into an image file.
 *
 * Little-endian, no padding, no alignment, no pointers. A writer that runs
 * out of room and a reader that runs out of data set `bad` and do nothing
 * from then on, so that a caller checks once, at the end. Usable without
 * libc; allocates nothing. Strings read point into the caller's buffer and
 * stay valid as long as that does; on the wire they are u32 length, the
 * bytes, and a NUL that the length does not count.
 */
#ifndef CKPT_LIB_WIRE_WIRE_H
#define CKPT_LIB_WIRE_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct ck_blob {
    const void *p;
    uint32_t n;
};

struct ck_wr {
    uint8_t *p;
    size_t cap;
    size_t len;
    int bad;
};

struct ck_rd {
    const uint8_t *p;
    size_t len;
    size_t pos;
    int bad;
};

static inline void ck_wr_init(struct ck_wr *w, void *p, size_t cap)
{
    w->p = p;
    w->cap = cap;
    w->len = 0;
    w->bad = 0;
}

static inline void ck_rd_init(struct ck_rd *r, const void *p, size_t len)
{
    r->p = p;
    r->len = len;
    r->pos = 0;
    r->bad = 0;
}

void ck_put_uint(struct ck_wr *w, uint64_t v, unsigned bytes);
void ck_put_raw(struct ck_wr *w, const void *p, size_t n);
void ck_put_str(struct ck_wr *w, const char *s); /* NULL is "" */
void ck_put_blob(struct ck_wr *w, struct ck_blob b);

uint64_t ck_get_uint(struct ck_rd *r, unsigned bytes);
const void *ck_get_raw(struct ck_rd *r, size_t n); /* NULL when bad */
const char *ck_get_str(struct ck_rd *r);           /* "" when bad */
struct ck_blob ck_get_blob(struct ck_rd *r);

/* 0 when everything was read and nothing is left over, else -EBADMSG. */
int ck_rd_end(const struct ck_rd *r);

#endif
