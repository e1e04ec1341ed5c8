/* frame.c - the frame around a message; see messages.h. */
#include "lib/proto/messages.h"

#include <errno.h>

void ck_frame_begin(struct ck_wr *w, void *buf, size_t cap, uint16_t type)
{
    ck_wr_init(w, buf, cap < CK_FRAME_MAX ? cap : CK_FRAME_MAX);
    ck_put_uint(w, CK_FRAME_MAGIC, 4);
    ck_put_uint(w, type, 2);
    ck_put_uint(w, CK_PROTO_VERSION, 2);
    ck_put_uint(w, 0, 4);
}

long ck_frame_end(struct ck_wr *w)
{
    size_t len = w->len;

    if (w->bad)
        return -EMSGSIZE;
    w->len = CK_FRAME_HEADER - 4;
    ck_put_uint(w, len - CK_FRAME_HEADER, 4);
    w->len = len;
    return (long)len;
}

long ck_frame_parse(const void *p, size_t n, struct ck_frame *f)
{
    struct ck_rd r;
    uint32_t magic, len;
    uint16_t version;

    ck_rd_init(&r, p, n);
    if (n < CK_FRAME_HEADER)
        return 0;
    magic = (uint32_t)ck_get_uint(&r, 4);
    f->type = (uint16_t)ck_get_uint(&r, 2);
    version = (uint16_t)ck_get_uint(&r, 2);
    len = (uint32_t)ck_get_uint(&r, 4);
    if (magic != CK_FRAME_MAGIC || version != CK_PROTO_VERSION ||
        len > CK_FRAME_MAX - CK_FRAME_HEADER)
        return -EPROTO;
    if (n - CK_FRAME_HEADER < len)
        return 0;
    f->body = r.p + CK_FRAME_HEADER;
    f->len = len;
    return CK_FRAME_HEADER + (long)len;
}

const char *ck_msg_name(uint16_t type)
{
#define CK_MSG_CASE(TYPE, name, number, FIELDS) \
    case CK_MSG_##TYPE:                         \
        return #TYPE;
    switch (type) {
        CK_MESSAGES(CK_MSG_CASE)
    default:
        return "?";
    }
}
