/*
 * undo.c - see undo.h. Nothing that is read is believed before its sum is
 * right; a path is terminated inside of its note.
 */
#include "lib/image/undo.h"

#include <errno.h>
#include <string.h>

#include "lib/image/sum.h"
#include "lib/sys/fmt.h"

static const char head_magic[8] = "ckundo1";

#define NOTE_MAGIC 0x31644e55u /* "UNd1" */

/* len: of all, path and padding included; a multiple of 8. sum: of all, with
 * 0 for itself. */
struct note {
    uint32_t magic;
    uint16_t len, flags;
    uint64_t sum;
    uint64_t dev, ino, born; /* ck_undo_has looks for these three */
    uint64_t size, data;
    char path[];
};

void ck_undo_head_make(struct ck_undo_head *h, const char *tree,
                       uint32_t after)
{
    size_t n = strlen(tree);

    memset(h, 0, sizeof *h);
    memcpy(h->magic, head_magic, sizeof h->magic);
    h->after = after;
    memcpy(h->tree, tree, n < sizeof h->tree ? n : sizeof h->tree - 1);
    h->sum = ck_sum64(h, sizeof *h);
}

int ck_undo_head_ok(const struct ck_undo_head *p, size_t n)
{
    struct ck_undo_head h;

    if (n < sizeof h)
        return 0;
    memcpy(&h, p, sizeof h);
    h.sum = 0;
    return !memcmp(h.magic, head_magic, sizeof h.magic) &&
           !h.tree[sizeof h.tree - 1] && ck_sum64(&h, sizeof h) == p->sum;
}

size_t ck_undo_put(void *buf, size_t cap, const struct ck_undo_note *n)
{
    size_t path = strlen(n->path) + 1;
    size_t len = (sizeof(struct note) + path + 7) & ~(size_t)7;
    struct note h = {.magic = NOTE_MAGIC,
                     .len = (uint16_t)len,
                     .flags = (uint16_t)n->flags,
                     .dev = n->dev,
                     .ino = n->ino,
                     .born = n->born,
                     .size = n->size,
                     .data = n->data};

    if (len > cap || len > CK_UNDO_NOTE_MAX)
        return 0;
    memset(buf, 0, len);
    memcpy(buf, &h, sizeof h);
    memcpy((char *)buf + sizeof h, n->path, path);
    h.sum = ck_sum64(buf, len);
    memcpy((char *)buf + offsetof(struct note, sum), &h.sum, sizeof h.sum);
    return len;
}

/* The sum of the n bytes at p with zeros where a note has its own. */
static int is_whole(const uint8_t *p, const struct note *h)
{
    uint64_t copy[CK_UNDO_NOTE_MAX / 8];

    memcpy(copy, p, h->len);
    memset((char *)copy + offsetof(struct note, sum), 0, sizeof h->sum);
    return ck_sum64(copy, h->len) == h->sum;
}

int ck_undo_next(const void *p, size_t n, size_t *pos,
                 struct ck_undo_note *out)
{
    const uint8_t *b = p;
    struct note h;

    for (; n - *pos >= sizeof h + 8; ++*pos) {
        memcpy(&h, b + *pos, sizeof h);
        if (h.magic != NOTE_MAGIC || h.len > n - *pos || h.len % 8 ||
            h.len < sizeof h + 8 || h.len > CK_UNDO_NOTE_MAX ||
            b[*pos + h.len - 1] || !is_whole(b + *pos, &h))
            continue;
        *out = (struct ck_undo_note){.flags = h.flags,
                                     .dev = h.dev,
                                     .ino = h.ino,
                                     .born = h.born,
                                     .size = h.size,
                                     .data = h.data,
                                     .path = (const char *)b + *pos +
                                             sizeof h};
        *pos += h.len;
        return 1;
    }
    *pos = n;
    return 0;
}

int ck_undo_has(const void *p, size_t n, const struct ck_undo_note *like)
{
    const uint64_t key[3] = {like->dev, like->ino, like->born};
    const size_t at = offsetof(struct note, dev);
    const uint8_t *b = p;
    uint32_t magic = NOTE_MAGIC;

    for (size_t i = 0; n - i >= at + sizeof key; i += 8)
        if (!memcmp(b + i, &magic, sizeof magic) &&
            !memcmp(b + i + at, key, sizeof key))
            return 1;
    return 0;
}

int ck_undo_data(int fd, uint64_t size, void *buf, uint64_t *sum)
{
    size_t first = size < CK_UNDO_FIRST ? (size_t)size : CK_UNDO_FIRST;
    size_t last = size < CK_UNDO_LAST ? (size_t)size : CK_UNDO_LAST;
    uint8_t *b = buf;
    long r = ck_pread_all(fd, b, first, 0);

    if (!r)
        r = ck_pread_all(fd, b + first, last, size - last);
    if (!r)
        *sum = ck_sum64(b, first + last);
    return (int)r;
}
