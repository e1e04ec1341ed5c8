/*
 * record.h - a record is declared once, as a list of typed fields, and its
 * struct, encoder and decoder come from that one declaration.
 *
 *     #define MY_FIELDS(F) F(U32, pid) F(STR, name)
 *     CK_RECORD(my, MY_FIELDS)
 *
 * gives struct my { uint32_t pid; const char *name; },
 * void my_put(struct ck_wr *, const struct my *) and
 * int my_get(struct ck_rd *, struct my *), which returns -EBADMSG unless
 * the fields fill what is left of the reader exactly.
 *
 * Types: U8 U16 U32 U64 I32, N16 (16 raw bytes), STR, BLOB.
 */
#ifndef CKPT_LIB_WIRE_RECORD_H
#define CKPT_LIB_WIRE_RECORD_H

#include "lib/wire/wire.h"

#define CK_DECL_U8(n) uint8_t n;
#define CK_DECL_U16(n) uint16_t n;
#define CK_DECL_U32(n) uint32_t n;
#define CK_DECL_U64(n) uint64_t n;
#define CK_DECL_I32(n) int32_t n;
#define CK_DECL_N16(n) uint8_t n[16];
#define CK_DECL_STR(n) const char *n;
#define CK_DECL_BLOB(n) struct ck_blob n;

#define CK_PUT_U8(n) ck_put_uint(w, m->n, 1);
#define CK_PUT_U16(n) ck_put_uint(w, m->n, 2);
#define CK_PUT_U32(n) ck_put_uint(w, m->n, 4);
#define CK_PUT_U64(n) ck_put_uint(w, m->n, 8);
#define CK_PUT_I32(n) ck_put_uint(w, (uint32_t)m->n, 4);
#define CK_PUT_N16(n) ck_put_raw(w, m->n, 16);
#define CK_PUT_STR(n) ck_put_str(w, m->n);
#define CK_PUT_BLOB(n) ck_put_blob(w, m->n);

#define CK_GET_U8(n) m->n = (uint8_t)ck_get_uint(r, 1);
#define CK_GET_U16(n) m->n = (uint16_t)ck_get_uint(r, 2);
#define CK_GET_U32(n) m->n = (uint32_t)ck_get_uint(r, 4);
#define CK_GET_U64(n) m->n = ck_get_uint(r, 8);
#define CK_GET_I32(n) m->n = (int32_t)ck_get_uint(r, 4);
#define CK_GET_N16(n) ck_get_n16(r, m->n);
#define CK_GET_STR(n) m->n = ck_get_str(r);
#define CK_GET_BLOB(n) m->n = ck_get_blob(r);

static inline void ck_get_n16(struct ck_rd *r, uint8_t out[16])
{
    const uint8_t *p = ck_get_raw(r, 16);

    for (unsigned i = 0; i < 16; i++)
        out[i] = p ? p[i] : 0;
}

#define CK_FIELD_DECL(type, name) CK_DECL_##type(name)
#define CK_FIELD_PUT(type, name) CK_PUT_##type(name)
#define CK_FIELD_GET(type, name) CK_GET_##type(name)

#define CK_RECORD(rec, FIELDS)                                              \
    struct rec {                                                            \
        FIELDS(CK_FIELD_DECL)                                               \
    };                                                                      \
    static inline __attribute__((unused)) void rec##_put(                   \
        struct ck_wr *w, const struct rec *m)                               \
    {                                                                       \
        (void)w;                                                            \
        (void)m;                                                            \
        FIELDS(CK_FIELD_PUT)                                                \
    }                                                                       \
    static inline __attribute__((unused)) int rec##_get(struct ck_rd *r,    \
                                                        struct rec *m)      \
    {                                                                       \
        (void)m;                                                            \
        FIELDS(CK_FIELD_GET)                                                \
        return ck_rd_end(r);                                                \
    }

#endif
