/* wire.c - see wire.h. Bounds are checked here and nowhere else. */
#include "lib/wire/wire.h"

#include <errno.h>

void ck_put_uint(struct ck_wr *w, uint64_t v, unsigned bytes)
{
    if (w->bad || bytes > w->cap - w->len) {
        w->bad = 1;
        return;
    }
    for (unsigned i = 0; i < bytes; i++)
        w->p[w->len++] = (uint8_t)(v >> (8 * i));
}

void ck_put_raw(struct ck_wr *w, const void *p, size_t n)
{
    const uint8_t *src = p;

    if (w->bad || n > w->cap - w->len) {
        w->bad = 1;
        return;
    }
    for (size_t i = 0; i < n; i++)
        w->p[w->len + i] = src[i];
    w->len += n;
}

void ck_put_str(struct ck_wr *w, const char *s)
{
    size_t n = 0;

    if (!s)
        s = "";
    while (s[n])
        n++;
    ck_put_uint(w, n, 4);
    ck_put_raw(w, s, n + 1);
}

void ck_put_blob(struct ck_wr *w, struct ck_blob b)
{
    ck_put_uint(w, b.n, 4);
    ck_put_raw(w, b.p, b.n);
}

uint64_t ck_get_uint(struct ck_rd *r, unsigned bytes)
{
    const uint8_t *p = ck_get_raw(r, bytes);
    uint64_t v = 0;

    for (unsigned i = 0; p && i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

const void *ck_get_raw(struct ck_rd *r, size_t n)
{
    const uint8_t *p = r->p + r->pos;

    if (r->bad || n > r->len - r->pos) {
        r->bad = 1;
        return NULL;
    }
    r->pos += n;
    return p;
}

const char *ck_get_str(struct ck_rd *r)
{
    size_t n = ck_get_uint(r, 4);
    const char *s = r->bad || n == SIZE_MAX ? NULL : ck_get_raw(r, n + 1);

    if (!s)
        return "";
    for (size_t i = 0; i <= n; i++) {
        if ((s[i] == '\0') != (i == n)) {
            r->bad = 1;
            return "";
        }
    }
    return s;
}

struct ck_blob ck_get_blob(struct ck_rd *r)
{
    uint32_t n = (uint32_t)ck_get_uint(r, 4);
    const void *p = r->bad ? NULL : ck_get_raw(r, n);

    return (struct ck_blob){p, p ? n : 0};
}

int ck_rd_end(const struct ck_rd *r)
{
    return r->bad || r->pos != r->len ? -EBADMSG : 0;
}
