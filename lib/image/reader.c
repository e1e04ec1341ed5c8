/*
 * reader.c - see reader.h. Every number that comes from the file is checked
 * here before it is used as a size, an offset or an address.
 */
#include "lib/image/reader.h"

#include <errno.h>
#include <lz4.h>
#include <string.h>

#include "lib/image/sum.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"

#define ALIGN8(x) (((uint64_t)(x) + 7) & ~7ULL)
#define RECORD_HEADER 8

struct scratch {
    struct ck_run *run; /* CK_BLOCK_RUNS_MAX */
    uint8_t *block;     /* CK_IMGR_BLOCK_MAX */
    uint8_t *raw;       /* CK_BLOCK_RAW_MAX */
};

static struct scratch split(void *mem)
{
    uint8_t *p = (uint8_t *)mem + (ALIGN8((uintptr_t)mem) - (uintptr_t)mem);
    struct scratch s;

    s.run = (struct ck_run *)p;
    s.block = p + CK_BLOCK_RUNS_MAX * sizeof(struct ck_run);
    s.raw = s.block + CK_IMGR_BLOCK_MAX;
    return s;
}

/* A file that ends too early is damaged. */
static long read_at(int fd, void *buf, size_t n, uint64_t off)
{
    long rc = ck_pread_all(fd, buf, n, off);

    return rc == -ENODATA ? -EBADMSG : rc;
}

static int read_header(struct ck_imgr *r)
{
    uint8_t buf[CK_HEADER_SIZE];
    struct ck_header h;
    struct ck_rd rd;
    long rc = read_at(r->fd, buf, sizeof(buf), 0);

    if (rc < 0)
        return (int)rc;
    ck_rd_init(&rd, buf, sizeof(buf));
    if (memcmp(ck_get_raw(&rd, 8), CK_IMAGE_MAGIC, 8) ||
        ck_header_get(&rd, &h))
        return -EBADMSG;
    memset(buf + CK_HEADER_SIZE - 8, 0, 8);
    if (ck_sum64(buf, sizeof(buf)) != h.sum)
        return -EBADMSG;
    if (h.version != CK_IMAGE_VERSION || h.machine != CK_MACHINE ||
        h.reserved || h.kind < CK_IMAGE_PROCESS || h.kind > CK_IMAGE_TREE)
        return -EPROTONOSUPPORT;
    r->kind = h.kind;
    return 0;
}

int ck_imgr_open(struct ck_imgr *r, int fd)
{
    uint8_t buf[CK_FOOTER_SIZE];
    struct ck_footer f;
    struct ck_rd rd;
    long size = sys3(SYS_lseek, fd, 0, 2 /* SEEK_END */);
    long rc;

    memset(r, 0, sizeof(*r));
    r->fd = fd;
    if (size < 0)
        return (int)size;
    if (size < CK_HEADER_SIZE + CK_FOOTER_SIZE)
        return -EBADMSG;
    r->size = (uint64_t)size;
    rc = read_header(r);
    if (!rc)
        rc = read_at(fd, buf, sizeof(buf), r->size - sizeof(buf));
    if (rc)
        return (int)rc;
    ck_rd_init(&rd, buf, sizeof(buf));
    if (memcmp(ck_get_raw(&rd, 8), CK_FOOTER_MAGIC, 8) ||
        ck_footer_get(&rd, &f))
        return -EBADMSG;
    size -= CK_FOOTER_SIZE;
    if (f.index_off < CK_HEADER_SIZE || f.index_off > (uint64_t)size ||
        f.index_len != (uint64_t)size - f.index_off)
        return -EBADMSG;
    r->index_off = f.index_off;
    r->index_len = f.index_len;
    r->checksum = f.sum;
    return 0;
}

static int known(uint16_t tag)
{
    return tag == CK_TAG_PROCESS || tag == CK_TAG_THREAD ||
           tag == CK_TAG_AREA || tag == CK_TAG_BLOCKS ||
           tag == CK_TAG_GUARDS ||
           tag == CK_TAG_TREE || tag == CK_TAG_PROC || tag == CK_TAG_FD ||
           tag == CK_TAG_OFD || tag == CK_TAG_SYSV ||
           tag == CK_TAG_PLACEMENT;
}

int ck_imgr_load(struct ck_imgr *r, void *mem, size_t cap)
{
    struct ck_rd at, body;
    uint16_t tag;
    long rc;

    r->index = NULL;
    if (r->index_len > cap)
        return -ENOSPC;
    rc = read_at(r->fd, mem, r->index_len, r->index_off);
    if (rc < 0)
        return (int)rc;
    if (ck_sum64(mem, r->index_len) != r->checksum)
        return -EBADMSG;
    r->index = mem;
    ck_imgr_records(r, &at);
    do {
        rc = ck_imgr_next(&at, &tag, &body);
    } while (rc > 0);
    if (rc < 0)
        r->index = NULL;
    return (int)rc;
}

void ck_imgr_records(const struct ck_imgr *r, struct ck_rd *at)
{
    ck_rd_init(at, r->index, r->index ? r->index_len : 0);
}

int ck_imgr_next(struct ck_rd *at, uint16_t *tag, struct ck_rd *body)
{
    uint16_t version;
    uint32_t len;
    const uint8_t *p;

    if (!at->bad && at->pos == at->len)
        return 0;
    *tag = (uint16_t)ck_get_uint(at, 2);
    version = (uint16_t)ck_get_uint(at, 2);
    len = (uint32_t)ck_get_uint(at, 4);
    p = ck_get_raw(at, len);
    if (at->bad)
        return -EBADMSG;
    if (version != CK_RECORD_VERSION || !known(*tag)) {
        at->bad = 1;
        return -EPROTONOSUPPORT;
    }
    ck_rd_init(body, p, len);
    return 1;
}

int ck_imgr_stream_get(struct ck_rd *body, struct ck_imgr_stream *s)
{
    struct ck_blocks b;

    if (ck_blocks_get(body, &b) || b.offsets.n % 8 ||
        b.offsets.n != b.sums.n)
        return -EBADMSG;
    s->id = b.stream;
    s->raw_bytes = b.raw_bytes;
    s->count = b.offsets.n / 8;
    s->offsets = b.offsets.p;
    s->sums = b.sums.p;
    return 0;
}

int ck_imgr_stream_find(const struct ck_imgr *r, uint64_t id,
                        struct ck_imgr_stream *s)
{
    struct ck_rd at, body;
    uint16_t tag;
    int rc;

    ck_imgr_records(r, &at);
    while ((rc = ck_imgr_next(&at, &tag, &body)) > 0) {
        if (tag != CK_TAG_BLOCKS)
            continue;
        rc = ck_imgr_stream_get(&body, s);
        if (rc || s->id == id)
            return rc;
    }
    return rc ? rc : -ENOENT;
}

static uint64_t nth(const uint8_t *p, uint32_t i)
{
    struct ck_rd rd;

    ck_rd_init(&rd, p + 8 * (size_t)i, 8);
    return ck_get_uint(&rd, 8);
}

/* Header and runs of a block that lies whole in sc->block. */
static int parse_runs(struct scratch *sc, const struct ck_block *h)
{
    uint64_t len = 0;
    struct ck_rd rd;

    for (uint32_t i = 0; i < h->nruns; i++) {
        struct ck_run *run = &sc->run[i];

        ck_rd_init(&rd, sc->block + CK_BLOCK_HEADER_SIZE + i * CK_RUN_SIZE,
                   CK_RUN_SIZE);
        if (ck_run_get(&rd, run) || !run->len ||
            run->len > h->raw_len - len || run->addr + run->len < run->addr)
            return -EBADMSG;
        len += run->len;
    }
    return len == h->raw_len ? 0 : -EBADMSG;
}

static int check_header(const struct ck_block *h)
{
    if (h->magic != CK_BLOCK_MAGIC || !h->nruns ||
        h->nruns > CK_BLOCK_RUNS_MAX || !h->raw_len ||
        h->raw_len > CK_BLOCK_RAW_MAX || !h->stored_len ||
        h->stored_len > h->raw_len)
        return -EBADMSG;
    if (h->codec != CK_CODEC_RAW && h->codec != CK_CODEC_LZ4)
        return -EPROTONOSUPPORT;
    if (h->codec == CK_CODEC_RAW && h->stored_len != h->raw_len)
        return -EBADMSG;
    return 0;
}

/*
 * Reads block i into the scratch and checks all of it but the payload's
 * decompression; *payload points at what is stored.
 */
static int fetch(const struct ck_imgr *r, const struct ck_imgr_stream *s,
                 uint32_t i, struct scratch *sc, struct ck_block *h,
                 const uint8_t **payload, uint64_t *stored)
{
    uint64_t off, room, len;
    struct ck_rd rd;
    struct ck_wr wr;
    long rc;

    if (i >= s->count)
        return -EINVAL;
    off = nth(s->offsets, i);
    if (off < CK_HEADER_SIZE || off >= r->index_off ||
        r->index_off - off < CK_BLOCK_HEADER_SIZE)
        return -EBADMSG;
    room = r->index_off - off;
    rc = read_at(r->fd, sc->block, CK_BLOCK_HEADER_SIZE, off);
    if (rc < 0)
        return (int)rc;
    ck_rd_init(&rd, sc->block, CK_BLOCK_HEADER_SIZE);
    rc = ck_block_get(&rd, h);
    if (!rc)
        rc = check_header(h);
    if (rc)
        return (int)rc;
    len = CK_BLOCK_HEADER_SIZE + (uint64_t)h->nruns * CK_RUN_SIZE +
          h->stored_len;
    if (len > room || h->sum != nth(s->sums, i))
        return -EBADMSG;
    rc = read_at(r->fd, sc->block + CK_BLOCK_HEADER_SIZE,
                 len - CK_BLOCK_HEADER_SIZE, off + CK_BLOCK_HEADER_SIZE);
    if (rc < 0)
        return (int)rc;
    ck_wr_init(&wr, sc->block + CK_BLOCK_HEADER_SIZE - 8, 8);
    ck_put_uint(&wr, 0, 8);
    if (ck_sum64(sc->block, len) != h->sum)
        return -EBADMSG;
    *payload = sc->block + CK_BLOCK_HEADER_SIZE + h->nruns * CK_RUN_SIZE;
    *stored = len;
    return parse_runs(sc, h);
}

/* The payload, as it was, into out (raw_len bytes). */
static int unpack(const struct ck_block *h, const uint8_t *payload,
                  void *out)
{
    int n;

    if (h->codec == CK_CODEC_RAW) {
        memcpy(out, payload, h->raw_len);
        return 0;
    }
    n = LZ4_decompress_safe((const char *)payload, out, (int)h->stored_len,
                            (int)h->raw_len);
    return n == (int)h->raw_len ? 0 : -EBADMSG;
}

int ck_imgr_block(const struct ck_imgr *r, const struct ck_imgr_stream *s,
                  uint32_t i, void *scratch, struct ck_imgr_block *b)
{
    struct scratch sc = split(scratch);
    const uint8_t *payload;
    struct ck_block h;
    int rc = fetch(r, s, i, &sc, &h, &payload, &b->stored);

    if (rc)
        return rc;
    b->codec = h.codec;
    b->nruns = h.nruns;
    b->raw_len = h.raw_len;
    b->run = sc.run;
    b->data = h.codec == CK_CODEC_RAW ? payload : sc.raw;
    return h.codec == CK_CODEC_RAW ? 0 : unpack(&h, payload, sc.raw);
}

static int permitted(const struct ck_run *run, const struct ck_imgr_range *ok,
                     uint32_t nok)
{
    uint32_t lo = 0, hi = nok;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (ok[mid].end <= run->addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < nok && run->addr >= ok[lo].start &&
           run->addr + run->len <= ok[lo].end;
}

long ck_imgr_block_to_memory(const struct ck_imgr *r,
                             const struct ck_imgr_stream *s, uint32_t i,
                             void *scratch, const struct ck_imgr_range *ok,
                             uint32_t nok, struct ck_imgr_block *b)
{
    struct scratch sc = split(scratch);
    const uint8_t *payload, *p;
    struct ck_block h;
    uint64_t stored;
    int rc = fetch(r, s, i, &sc, &h, &payload, &stored);

    for (uint32_t k = 0; !rc && k < h.nruns; k++)
        rc = permitted(&sc.run[k], ok, nok) ? 0 : -EPERM;
    if (rc)
        return rc;
    if (b) {
        b->nruns = h.nruns;
        b->run = sc.run;
    }
    if (h.nruns == 1) {
        rc = unpack(&h, payload, (void *)(uintptr_t)sc.run[0].addr);
        return rc ? rc : (long)h.raw_len;
    }
    p = payload;
    if (h.codec != CK_CODEC_RAW) {
        rc = unpack(&h, payload, sc.raw);
        if (rc)
            return rc;
        p = sc.raw;
    }
    for (uint32_t k = 0; k < h.nruns; k++) {
        memcpy((void *)(uintptr_t)sc.run[k].addr, p, sc.run[k].len);
        p += sc.run[k].len;
    }
    return (long)h.raw_len;
}

int ck_imgr_verify(const struct ck_imgr *r, void *scratch, unsigned part,
                   unsigned of, uint64_t *bytes)
{
    struct ck_rd at, body;
    struct ck_imgr_stream s;
    struct ck_imgr_block b;
    uint64_t raw = 0, i = 0;
    uint16_t tag;
    int rc;

    ck_imgr_records(r, &at);
    while ((rc = ck_imgr_next(&at, &tag, &body)) > 0) {
        if (tag != CK_TAG_BLOCKS)
            continue;
        rc = ck_imgr_stream_get(&body, &s);
        if (rc)
            return rc;
        for (i = part, raw = 0; i < s.count; i += of) {
            rc = ck_imgr_block(r, &s, (uint32_t)i, scratch, &b);
            if (rc)
                return rc;
            *bytes += b.stored;
            raw += b.raw_len;
        }
        if (raw > s.raw_bytes || (of == 1 && raw != s.raw_bytes))
            return -EBADMSG;
    }
    return rc;
}

int ck_imgr_complete(const struct ck_imgr *r, uint64_t bytes)
{
    return bytes == r->index_off - CK_HEADER_SIZE ? 0 : -EBADMSG;
}

const char *ck_imgr_strerror(int err, char *buf, size_t cap)
{
    const char *s;

    if (err == -EBADMSG)
        s = "damaged or incomplete";
    else if (err == -EPROTONOSUPPORT)
        s = "of a format version this program does not know";
    else if (err == -EPERM)
        s = "wrong: it has data for addresses it does not describe";
    else if (err == -ENOSPC)
        s = "too large: its index does not fit into memory";
    else if (err == -EIO)
        s = "unreadable: input/output error";
    else {
        ck_fmt(buf, cap, "unreadable: error %d", -err);
        return buf;
    }
    ck_fmt(buf, cap, "%s", s);
    return buf;
}
