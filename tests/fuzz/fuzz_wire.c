/*
 * fuzz_wire.c - frames and every message, as they come from a socket: frames
 * as far as the input is a row of them, and then all of it as one message
 * whose type is the first byte.
 */
#include "fuzz.h"

#include <string.h>

#include "lib/proto/messages.h"

/* Decodes, encodes and compares: what is accepted has one form only. */
#define ROUND_TRIP(TYPE, name, number, FIELDS)                              \
    case CK_MSG_##TYPE: {                                                   \
        struct ck_msg_##name m;                                             \
        struct ck_wr w;                                                     \
        if (ck_msg_##name##_get(&r, &m))                                    \
            return;                                                         \
        ck_wr_init(&w, out, len);                                           \
        ck_msg_##name##_put(&w, &m);                                        \
        FUZZ_CHECK(!w.bad && w.len == len && !memcmp(out, body, len));      \
        break;                                                              \
    }

static uint8_t out[CK_FRAME_MAX];

static void message(uint16_t type, const uint8_t *body, size_t len)
{
    struct ck_rd r;

    FUZZ_CHECK(len <= sizeof(out));
    ck_rd_init(&r, body, len);
    switch (type) {
        CK_MESSAGES(ROUND_TRIP)
    default:
        break;
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct ck_frame f;
    size_t at = 0;
    long n;

    while (at < size && (n = ck_frame_parse(data + at, size - at, &f)) > 0) {
        FUZZ_CHECK((size_t)n <= size - at);
        FUZZ_CHECK(f.body + f.len == data + at + n);
        FUZZ_CHECK(*ck_msg_name(f.type));
        message(f.type, f.body, f.len);
        at += (size_t)n;
    }
    if (size && size <= sizeof(out))
        message(data[0], data + 1, size - 1);
}

/* A frame of each type: numbers zero, strings and blobs empty. */
#define SEED(TYPE, name, number, FIELDS)                                    \
    {                                                                       \
        struct ck_msg_##name m;                                             \
        long n;                                                             \
        memset(&m, 0, sizeof(m));                                           \
        n = CK_FRAME(out, sizeof(out), name, TYPE, &m);                     \
        FUZZ_CHECK(n > 0);                                                  \
        put(#name, out, (size_t)n);                                         \
    }

void fuzz_seeds(void (*put)(const char *name, const void *p, size_t n))
{
    CK_MESSAGES(SEED)
}
