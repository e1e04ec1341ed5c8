/*
 * fuzz_image.c - the image reader with a file that may be anything.
 *
 * The sums would stop a fuzzer at the door, so this target opens it: in
 * every second input header, footer, index and the blocks that the index
 * points at get the sums that they ought to have. What is behind the door is
 * then reached.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/image/reader.h"
#include "lib/image/sum.h"
#include "lib/image/writer.h"

#define FILE_MAX (64u * 1024)
#define TARGET 0x200000000000ull
#define TARGET_LEN (256u * 1024)

static uint8_t scratch[CK_IMGR_SCRATCH_SIZE];

static void put64(uint8_t *p, uint64_t v)
{
    struct ck_wr w;

    ck_wr_init(&w, p, 8);
    ck_put_uint(&w, v, 8);
}

static uint64_t get(const uint8_t *p, unsigned n)
{
    struct ck_rd r;

    ck_rd_init(&r, p, n);
    return ck_get_uint(&r, n);
}

/* The sum of the block at off, if one fits there; put in its place. */
static uint64_t seal_block(uint8_t *f, size_t end, uint64_t off)
{
    uint64_t len;

    if (off > end || end - off < CK_BLOCK_HEADER_SIZE)
        return 0;
    len = CK_BLOCK_HEADER_SIZE + CK_RUN_SIZE * get(f + off + 6, 2) +
          get(f + off + 12, 4);
    if (len > end - off)
        return 0;
    put64(f + off + 16, 0);
    put64(f + off + 16, ck_sum64(f + off, len));
    return get(f + off + 16, 8);
}

/* Walks what looks like BLOCKS records and seals what they point at. */
static void seal_index(uint8_t *f, size_t index, size_t end)
{
    size_t at = index;

    while (end - at >= 8) {
        uint64_t tag = get(f + at, 2), len = get(f + at + 4, 4), n;
        uint8_t *body = f + at + 8;

        if (len > end - at - 8)
            return;
        n = len >= 24 ? get(body + 16, 4) : 0;
        if (tag == CK_TAG_BLOCKS && len == 24 + 2 * n && n % 8 == 0) {
            for (uint64_t i = 0; i < n; i += 8)
                put64(body + 24 + n + i,
                      seal_block(f, index, get(body + 20 + i, 8)));
        }
        at += 8 + len;
    }
}

static void seal(uint8_t *f, size_t n)
{
    uint64_t off;

    if (n <= CK_HEADER_SIZE + CK_FOOTER_SIZE)
        return;
    memcpy(f, CK_IMAGE_MAGIC, 8);
    put64(f + 24, 0);
    put64(f + 24, ck_sum64(f, CK_HEADER_SIZE));
    memcpy(f + n - CK_FOOTER_SIZE, CK_FOOTER_MAGIC, 8);
    off = CK_HEADER_SIZE + get(f + n - 24, 8) %
                               (n - CK_FOOTER_SIZE - CK_HEADER_SIZE);
    /* A good one stays where it is. */
    if (get(f + n - 24, 8) >= CK_HEADER_SIZE &&
        get(f + n - 24, 8) <= n - CK_FOOTER_SIZE)
        off = get(f + n - 24, 8);
    put64(f + n - 24, off);
    put64(f + n - 16, n - CK_FOOTER_SIZE - off);
    seal_index(f, off, n - CK_FOOTER_SIZE);
    put64(f + n - 8, ck_sum64(f + off, n - CK_FOOTER_SIZE - off));
}

static void read_records(const struct ck_imgr *r)
{
    struct ck_rd at, body;
    struct ck_process p;
    struct ck_area a;
    struct ck_proc c;
    struct ck_ofd o;
    size_t len = 0;
    uint16_t tag;

    ck_imgr_records(r, &at);
    while (ck_imgr_next(&at, &tag, &body) > 0) {
        if (tag == CK_TAG_PROCESS && !ck_process_get(&body, &p))
            len += strlen(p.exe) + strlen(p.codec_note);
        else if (tag == CK_TAG_AREA && !ck_area_get(&body, &a))
            len += strlen(a.path);
        else if (tag == CK_TAG_PROC && !ck_proc_get(&body, &c))
            len += strlen(c.image) + c.env.n;
        else if (tag == CK_TAG_OFD && !ck_ofd_get(&body, &o))
            len += strlen(o.kind) + o.body.n;
    }
    FUZZ_CHECK(len < FILE_MAX);
}

static void read_blocks(const struct ck_imgr *r)
{
    struct ck_imgr_range ok = {TARGET, TARGET + TARGET_LEN};
    struct ck_imgr_stream s;
    struct ck_imgr_block b;
    struct ck_rd at, body;
    uint64_t bytes = 0;
    uint16_t tag;

    ck_imgr_verify(r, scratch, 0, 1, &bytes);
    ck_imgr_complete(r, bytes);
    ck_imgr_records(r, &at);
    while (ck_imgr_next(&at, &tag, &body) > 0) {
        if (tag != CK_TAG_BLOCKS || ck_imgr_stream_get(&body, &s))
            continue;
        for (uint32_t i = 0; i < s.count && i < 64; i++) {
            if (!ck_imgr_block(r, &s, i, scratch, &b)) {
                FUZZ_CHECK(b.raw_len && b.raw_len <= CK_BLOCK_RAW_MAX);
                FUZZ_CHECK(b.nruns && b.nruns <= CK_BLOCK_RUNS_MAX);
            }
            ck_imgr_block_to_memory(r, &s, i, scratch, &ok, 1, NULL);
        }
    }
}

static int target_file(void)
{
    static int fd = -1;

    if (fd >= 0)
        return fd;
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0);
    FUZZ_CHECK(mmap((void *)(uintptr_t)TARGET, TARGET_LEN,
                    PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
                    0) != MAP_FAILED);
    return fd;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static uint8_t file[FILE_MAX];
    int fd = target_file();
    struct ck_imgr r;
    void *index;

    /* The first byte says whether the door is opened. */
    if (size < 2 || size > sizeof(file))
        return;
    size--;
    memcpy(file, data + 1, size);
    if (data[0] & 1)
        seal(file, size);
    FUZZ_CHECK(!ftruncate(fd, 0));
    FUZZ_CHECK(pwrite(fd, file, size, 0) == (ssize_t)size);
    if (ck_imgr_open(&r, fd))
        return;
    index = malloc(r.index_len ? r.index_len : 1);
    FUZZ_CHECK(index != NULL);
    if (!ck_imgr_load(&r, index, r.index_len)) {
        read_records(&r);
        read_blocks(&r);
    }
    free(index);
}

static size_t image(enum ck_image_kind kind, uint8_t *out, unsigned pages)
{
    static uint8_t mem[64 * 1024], data[32 * 4096];
    static uint8_t ws[CK_IMGW_SCRATCH_SIZE];
    struct ck_process p = {.exe = "/bin/true", .comm = "true"};
    struct ck_area a = {.start = TARGET, .end = TARGET + TARGET_LEN,
                        .path = "/lib/x"};
    struct ck_proc c = {.vpid = 1, .image = "proc.main.1.img"};
    struct ck_ofd o = {.id = 0, .kind = "pipe"};
    struct ck_imgw w;
    struct ck_imgw_stream s;
    uint64_t bytes = 0, sum;
    int fd = memfd_create("seed", MFD_CLOEXEC);

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i >> 5);
    FUZZ_CHECK(!ck_imgw_begin(&w, fd, kind, mem, sizeof(mem)));
    FUZZ_CHECK(!ck_imgw_stream(&w, &s, 0, 32));
    for (unsigned i = 0; i < pages; i += 2) {
        struct ck_run run[2] = {{TARGET + i * 8192, 100},
                                {TARGET + i * 8192 + 4096, 4096}};

        ck_imgw_block_buf(&w, &s, ws, run, 1 + i % 4 / 2, data);
    }
    CK_IMGW_RECORD(&w, CK_TAG_PROCESS, ck_process, &p);
    CK_IMGW_RECORD(&w, CK_TAG_AREA, ck_area, &a);
    CK_IMGW_RECORD(&w, CK_TAG_PROC, ck_proc, &c);
    CK_IMGW_RECORD(&w, CK_TAG_OFD, ck_ofd, &o);
    FUZZ_CHECK(!ck_imgw_finish(&w, &bytes, &sum));
    FUZZ_CHECK(bytes < FILE_MAX);
    out[0] = 1;
    FUZZ_CHECK(pread(fd, out + 1, bytes, 0) == (ssize_t)bytes);
    close(fd);
    return bytes + 1;
}

void fuzz_seeds(void (*put)(const char *name, const void *p, size_t n))
{
    static uint8_t out[FILE_MAX];

    put("empty", out, image(CK_IMAGE_TREE, out, 0));
    put("small", out, image(CK_IMAGE_TREE, out, 2));
    put("large", out, image(CK_IMAGE_PROCESS, out, 16));
}
