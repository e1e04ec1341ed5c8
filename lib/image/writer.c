/*
 * writer.c - see writer.h.
 *
 * A block is put together in the worker's scratch, summed there and written
 * with one pwrite at an offset taken by an atomic add when its size is
 * known, so that blocks fill the file without gaps in whatever order they
 * finish. What is summed and written is always the scratch, never the
 * program's memory: that may change between the two, as the runtime's own
 * data does.
 */
#include "lib/image/writer.h"

#include <errno.h>
#include <lz4.h>
#include <string.h>

#include "lib/image/sum.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"

#define ALIGN8(x) (((uint64_t)(x) + 7) & ~7ULL)

_Static_assert(sizeof(LZ4_stream_t) <= CK_IMGW_LZ4_STATE,
               "CK_IMGW_LZ4_STATE is too small for this LZ4");

struct scratch {
    uint8_t *lz4;   /* CK_IMGW_LZ4_STATE */
    uint8_t *raw;   /* CK_BLOCK_RAW_MAX */
    uint8_t *block; /* CK_IMGW_BLOCK_MAX */
};

static struct scratch split(void *mem)
{
    struct scratch s;

    s.lz4 = (uint8_t *)mem + (ALIGN8((uintptr_t)mem) - (uintptr_t)mem);
    s.raw = s.lz4 + CK_IMGW_LZ4_STATE;
    s.block = s.raw + CK_BLOCK_RAW_MAX;
    return s;
}

void ck_imgw_fail(struct ck_imgw *w, int err)
{
    int none = 0;

    __atomic_compare_exchange_n(&w->err, &none, err, 0, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE);
}

static int failed(struct ck_imgw *w, long err)
{
    ck_imgw_fail(w, (int)err);
    return ck_imgw_err(w);
}

static int mem_full(struct ck_imgw *w)
{
    __atomic_store_n(&w->index.bad, 1, __ATOMIC_RELAXED);
    return failed(w, -ENOSPC);
}

int ck_imgw_begin(struct ck_imgw *w, int fd, enum ck_image_kind kind,
                  void *mem, size_t memlen)
{
    uint8_t buf[CK_HEADER_SIZE];
    struct ck_header h = {.version = CK_IMAGE_VERSION,
                          .kind = (uint16_t)kind,
                          .machine = CK_MACHINE};
    struct ck_wr wr;
    long rc;

    memset(w, 0, sizeof(*w));
    w->fd = fd;
    w->pos = CK_HEADER_SIZE;
    ck_wr_init(&w->index, mem, memlen);
    ck_wr_init(&wr, buf, sizeof(buf));
    ck_put_raw(&wr, CK_IMAGE_MAGIC, 8);
    ck_header_put(&wr, &h);
    h.sum = ck_sum64(buf, sizeof(buf));
    wr.len = 8;
    ck_header_put(&wr, &h);
    rc = ck_pwrite_all(fd, buf, sizeof(buf), 0);
    return rc < 0 ? failed(w, rc) : 0;
}

int ck_imgw_stream(struct ck_imgw *w, struct ck_imgw_stream *s, uint64_t id,
                   uint32_t max_blocks)
{
    uintptr_t base = (uintptr_t)w->index.p, end = base + w->index.cap;
    uint64_t need = 16 * (uint64_t)max_blocks + 7;

    memset(s, 0, sizeof(*s));
    if (w->index.cap - w->index.len < need)
        return mem_full(w);
    end = (end - 16 * (uintptr_t)max_blocks) & ~(uintptr_t)7;
    s->id = id;
    s->cap = max_blocks;
    s->offset = (uint64_t *)(w->index.p + (end - base));
    s->sum = s->offset + max_blocks;
    w->index.cap = end - base;
    s->next = w->streams;
    w->streams = s;
    return ck_imgw_err(w);
}

/* Writes the block whose runs and payload already stand in sc->block. */
static int put_block(struct ck_imgw *w, struct ck_imgw_stream *s,
                     uint8_t *block, const struct ck_run *runs,
                     struct ck_block *b)
{
    size_t len = CK_BLOCK_HEADER_SIZE + (size_t)b->nruns * CK_RUN_SIZE +
                 b->stored_len;
    struct ck_wr wr;
    uint64_t off;
    uint32_t slot;
    long rc;

    ck_wr_init(&wr, block, len);
    ck_block_put(&wr, b);
    for (uint32_t i = 0; i < b->nruns; i++)
        ck_run_put(&wr, &runs[i]);
    b->sum = ck_sum64(block, len);
    wr.len = 0;
    ck_block_put(&wr, b);

    slot = __atomic_fetch_add(&s->count, 1, __ATOMIC_ACQ_REL);
    if (slot >= s->cap) {
        __atomic_fetch_sub(&s->count, 1, __ATOMIC_ACQ_REL);
        return mem_full(w);
    }
    off = __atomic_fetch_add(&w->pos, len, __ATOMIC_ACQ_REL);
    s->offset[slot] = off;
    s->sum[slot] = b->sum;
    __atomic_fetch_add(&s->raw_bytes, b->raw_len, __ATOMIC_RELAXED);
    __atomic_fetch_add(&w->raw_bytes, b->raw_len, __ATOMIC_RELAXED);
    rc = ck_pwrite_all(w->fd, block, len, off);
    return rc < 0 ? failed(w, rc) : ck_imgw_err(w);
}

/* The sum of the runs' lengths, or -EINVAL for what is not a block. */
static long raw_length(const struct ck_run *runs, uint32_t nruns)
{
    uint64_t len = 0;

    if (!nruns || nruns > CK_BLOCK_RUNS_MAX)
        return -EINVAL;
    for (uint32_t i = 0; i < nruns; i++) {
        if (!runs[i].len || runs[i].len > CK_BLOCK_RAW_MAX - len)
            return -EINVAL;
        len += runs[i].len;
    }
    return (long)len;
}

int ck_imgw_block_buf(struct ck_imgw *w, struct ck_imgw_stream *s,
                      void *scratch, const struct ck_run *runs,
                      uint32_t nruns, const void *data)
{
    struct scratch sc = split(scratch);
    struct ck_block b = {.magic = CK_BLOCK_MAGIC, .nruns = (uint16_t)nruns};
    long len = raw_length(runs, nruns);
    uint8_t *payload = sc.block + CK_BLOCK_HEADER_SIZE +
                       (size_t)nruns * CK_RUN_SIZE;
    int n;

    if (ck_imgw_err(w))
        return ck_imgw_err(w);
    if (len < 0)
        return failed(w, len);
    b.raw_len = (uint32_t)len;
    /* The room given is one byte less than the data: what does not shrink
     * is given up early and stored as it is. */
    n = LZ4_compress_fast_extState(sc.lz4, data, (char *)payload, (int)len,
                                   (int)len - 1, 1);
    if (n > 0) {
        b.codec = CK_CODEC_LZ4;
        b.stored_len = (uint32_t)n;
    } else {
        b.codec = CK_CODEC_RAW;
        b.stored_len = b.raw_len;
        memcpy(payload, data, (size_t)len);
    }
    return put_block(w, s, sc.block, runs, &b);
}

int ck_imgw_block(struct ck_imgw *w, struct ck_imgw_stream *s, void *scratch,
                  const struct ck_run *runs, uint32_t nruns)
{
    struct scratch sc = split(scratch);
    long len = raw_length(runs, nruns);
    uint8_t *p = sc.raw;

    if (len < 0)
        return failed(w, len);
    if (nruns == 1)
        return ck_imgw_block_buf(w, s, scratch, runs, 1,
                                 (const void *)(uintptr_t)runs[0].addr);
    for (uint32_t i = 0; i < nruns; i++) {
        memcpy(p, (const void *)(uintptr_t)runs[i].addr, runs[i].len);
        p += runs[i].len;
    }
    return ck_imgw_block_buf(w, s, scratch, runs, nruns, sc.raw);
}

void ck_imgw_record_begin(struct ck_imgw *w, enum ck_tag tag)
{
    w->record = w->index.len;
    ck_put_uint(&w->index, tag, 2);
    ck_put_uint(&w->index, CK_RECORD_VERSION, 2);
    ck_put_uint(&w->index, 0, 4);
}

int ck_imgw_record_end(struct ck_imgw *w)
{
    size_t end = w->index.len;

    if (w->index.bad)
        return mem_full(w);
    w->index.len = w->record + 4;
    ck_put_uint(&w->index, end - w->record - 8, 4);
    w->index.len = end;
    return ck_imgw_err(w);
}

/* In place: numbers become the bytes that stand in the file. */
static void to_bytes(uint64_t *v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t x = v[i];
        struct ck_wr wr;

        ck_wr_init(&wr, &v[i], 8);
        ck_put_uint(&wr, x, 8);
    }
}

static int put_streams(struct ck_imgw *w)
{
    for (struct ck_imgw_stream *s = w->streams; s; s = s->next) {
        struct ck_blocks b = {.stream = s->id, .raw_bytes = s->raw_bytes};

        if (!s->count)
            continue;
        to_bytes(s->offset, s->count);
        to_bytes(s->sum, s->count);
        b.offsets = (struct ck_blob){s->offset, 8 * s->count};
        b.sums = (struct ck_blob){s->sum, 8 * s->count};
        CK_IMGW_RECORD(w, CK_TAG_BLOCKS, ck_blocks, &b);
    }
    return ck_imgw_err(w);
}

int ck_imgw_finish(struct ck_imgw *w, uint64_t *bytes, uint64_t *checksum)
{
    uint8_t buf[CK_FOOTER_SIZE];
    struct ck_footer f = {.index_off = w->pos};
    struct ck_wr wr;
    long rc;

    if (ck_imgw_err(w) || put_streams(w))
        return ck_imgw_err(w);
    f.index_len = w->index.len;
    f.sum = ck_sum64(w->index.p, w->index.len);
    ck_wr_init(&wr, buf, sizeof(buf));
    ck_put_raw(&wr, CK_FOOTER_MAGIC, 8);
    ck_footer_put(&wr, &f);
    rc = ck_pwrite_all(w->fd, w->index.p, w->index.len, f.index_off);
    if (rc >= 0)
        rc = ck_pwrite_all(w->fd, buf, sizeof(buf), f.index_off + f.index_len);
    if (rc >= 0)
        rc = sys1(SYS_fdatasync, w->fd);
    if (rc < 0)
        return failed(w, rc);
    w->pos = f.index_off + f.index_len + sizeof(buf);
    *bytes = w->pos;
    *checksum = f.sum;
    return 0;
}
