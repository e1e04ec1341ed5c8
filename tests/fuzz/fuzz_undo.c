/*
 * fuzz_undo.c - notes of opened files, in a log that may be anything: what is
 * found lies inside, in order, and is the same when it is written again.
 *
 * The sums would stop a fuzzer at the door: in every second input whatever
 * begins like a note gets the sum that it ought to have.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/image/sum.h"
#include "lib/image/undo.h"

#define SUM_AT 8

static void seal(uint8_t *b, size_t n)
{
    for (size_t i = 0; n - i >= 64; i++) {
        uint16_t len;
        uint64_t sum;

        if (memcmp(b + i, "UNd1", 4) != 0)
            continue;
        memcpy(&len, b + i + 4, 2);
        if (len < 64 || len > n - i || len > CK_UNDO_NOTE_MAX)
            continue;
        memset(b + i + SUM_AT, 0, 8);
        sum = ck_sum64(b + i, len);
        memcpy(b + i + SUM_AT, &sum, 8);
    }
}

static void again(const struct ck_undo_note *a)
{
    uint64_t buf[CK_UNDO_NOTE_MAX / 8];
    size_t n = ck_undo_put(buf, sizeof(buf), a), pos = 0;
    struct ck_undo_note b;

    FUZZ_CHECK(n && ck_undo_next(buf, n, &pos, &b) && pos == n);
    FUZZ_CHECK(!strcmp(a->path, b.path) && a->size == b.size &&
               a->ino == b.ino && a->born == b.born && a->data == b.data &&
               a->flags == b.flags);
    FUZZ_CHECK(ck_undo_has(buf, n, a));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    size_t n = size ? size - 1 : 0, pos = 0, before = 0;
    uint8_t *b = malloc(n + 1);
    struct ck_undo_note note;

    if (!b)
        return;
    if (n)
        memcpy(b, data + 1, n);
    if (size && data[0] & 1)
        seal(b, n);
    b = realloc(b, n ? n : 1); /* its own size: overruns are seen */
    while (ck_undo_next(b, n, &pos, &note)) {
        const uint8_t *path = (const uint8_t *)note.path;

        FUZZ_CHECK(pos > before && pos <= n);
        FUZZ_CHECK(path >= b + before && memchr(path, 0, (size_t)(b + pos - path)));
        again(&note);
        before = pos;
    }
    FUZZ_CHECK(pos == n);
    ck_undo_has(b, n & ~(size_t)7, &(struct ck_undo_note){.ino = 1});
    if (n >= sizeof(struct ck_undo_head)) {
        struct ck_undo_head h;

        memcpy(&h, b, sizeof(h));
        if (ck_undo_head_ok(&h, n))
            FUZZ_CHECK(memchr(h.tree, 0, sizeof(h.tree)));
    }
    free(b);
}

void fuzz_seeds(void (*put)(const char *name, const void *p, size_t n))
{
    struct ck_undo_note note = {.flags = CK_UNDO_DATA, .ino = 1, .size = 5,
                                .path = "/a/log"};
    static uint8_t b[1024];
    struct ck_undo_head h;
    size_t n = 1;

    n += ck_undo_put(b + n, 500, &note);
    note.path = "/somewhere/else/there/is/a/file";
    n += ck_undo_put(b + n, 500, &note);
    put("two", b, n);
    b[0] = 1;
    put("sealed", b, n - 8);
    ck_undo_head_make(&h, "main", 3);
    memcpy(b + 1, &h, sizeof(h));
    put("head", b, sizeof(h) + 1);
}
