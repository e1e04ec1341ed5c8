/*
 * test_image.c - what the writer writes the reader reads, and nothing else
 * than that passes for it.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/base/sets.h"
#include "lib/image/reader.h"
#include "lib/image/sum.h"
#include "lib/image/writer.h"

#define PAGE 4096u
#define MEM (1u << 20)

static uint8_t wscratch[CK_IMGW_SCRATCH_SIZE], rscratch[CK_IMGR_SCRATCH_SIZE];
static uint8_t widx[MEM], ridx[MEM];

/* Half of it random, half of it text-like. */
static void fill(uint8_t *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1103515245u + 12345u;
        p[i] = i < n / 2 ? (uint8_t)(seed >> 16) : (uint8_t)(i / 64);
    }
}

static int new_file(void)
{
    int fd = memfd_create("image", MFD_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

/* An image of `pages` pages at their own addresses, every other one, and
 * the records that a process has. */
static void write_image(int fd, uint8_t *mem, unsigned pages)
{
    struct ck_imgw w;
    struct ck_imgw_stream s;
    struct ck_run run[4];
    struct ck_process p = {.vpid = 42, .threads = 1, .exe = "/bin/true"};
    struct ck_thread t = {.tid = 42, .vtid = 42, .name = "main"};
    struct ck_area a = {.start = (uintptr_t)mem,
                        .end = (uintptr_t)mem + pages * PAGE,
                        .kind = CK_AREA_ANON,
                        .path = ""};
    uint64_t bytes, sum;
    struct stat st;

    assert_int_equal(ck_imgw_begin(&w, fd, CK_IMAGE_PROCESS, widx, MEM), 0);
    assert_int_equal(ck_imgw_stream(&w, &s, 0, pages), 0);
    for (unsigned i = 0; i < pages; i += 8) {
        unsigned n = 0;

        for (unsigned k = i; k < i + 8 && k < pages; k += 2)
            run[n++] = (struct ck_run){(uintptr_t)mem + k * PAGE, PAGE};
        assert_int_equal(ck_imgw_block(&w, &s, wscratch, run, n), 0);
    }
    CK_IMGW_RECORD(&w, CK_TAG_PROCESS, ck_process, &p);
    CK_IMGW_RECORD(&w, CK_TAG_THREAD, ck_thread, &t);
    assert_int_equal(CK_IMGW_RECORD(&w, CK_TAG_AREA, ck_area, &a), 0);
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, bytes);
}

static int verify_fd(int fd)
{
    struct ck_imgr r;
    uint64_t bytes = 0;
    int rc = ck_imgr_open(&r, fd);

    if (!rc)
        rc = ck_imgr_load(&r, ridx, sizeof(ridx));
    if (!rc)
        rc = ck_imgr_verify(&r, rscratch, 0, 1, &bytes);
    return rc ? rc : ck_imgr_complete(&r, bytes);
}

static void pages_come_back(void **state)
{
    uint8_t *mem = aligned_alloc(PAGE, 64 * PAGE), *copy = malloc(64 * PAGE);
    struct ck_imgr_range ok = {(uintptr_t)mem, (uintptr_t)mem + 64 * PAGE};
    struct ck_imgr r;
    struct ck_imgr_stream s;
    int fd = new_file();

    (void)state;
    fill(mem, 64 * PAGE, 1);
    memcpy(copy, mem, 64 * PAGE);
    write_image(fd, mem, 64);
    memset(mem, 0xee, 64 * PAGE);
    assert_int_equal(ck_imgr_open(&r, fd), 0);
    assert_int_equal(r.kind, CK_IMAGE_PROCESS);
    assert_int_equal(ck_imgr_load(&r, ridx, sizeof(ridx)), 0);
    assert_int_equal(ck_imgr_stream_find(&r, 0, &s), 0);
    assert_int_equal(s.count, 8);
    assert_int_equal(s.raw_bytes, 32 * PAGE);
    for (uint32_t i = 0; i < s.count; i++)
        assert_int_equal(
            ck_imgr_block_to_memory(&r, &s, i, rscratch, &ok, 1, NULL),
            4 * PAGE);
    for (unsigned i = 0; i < 64; i++) {
        if (i % 2)
            assert_int_equal(mem[i * PAGE + 7], 0xee);
        else
            assert_memory_equal(mem + i * PAGE, copy + i * PAGE, PAGE);
    }
    close(fd);
    free(mem);
    free(copy);
}

static void records_come_back_in_order(void **state)
{
    uint8_t *mem = aligned_alloc(PAGE, 8 * PAGE);
    struct ck_imgr r;
    struct ck_rd at, body;
    struct ck_process p;
    struct ck_area a;
    uint16_t tag;
    int fd = new_file();

    (void)state;
    fill(mem, 8 * PAGE, 2);
    write_image(fd, mem, 8);
    assert_int_equal(ck_imgr_open(&r, fd), 0);
    assert_int_equal(ck_imgr_load(&r, ridx, sizeof(ridx)), 0);
    ck_imgr_records(&r, &at);
    assert_int_equal(ck_imgr_next(&at, &tag, &body), 1);
    assert_int_equal(tag, CK_TAG_PROCESS);
    assert_int_equal(ck_process_get(&body, &p), 0);
    assert_int_equal(p.vpid, 42);
    assert_string_equal(p.exe, "/bin/true");
    assert_int_equal(ck_imgr_next(&at, &tag, &body), 1);
    assert_int_equal(tag, CK_TAG_THREAD);
    assert_int_equal(ck_imgr_next(&at, &tag, &body), 1);
    assert_int_equal(tag, CK_TAG_AREA);
    assert_int_equal(ck_area_get(&body, &a), 0);
    assert_int_equal(a.end - a.start, 8 * PAGE);
    assert_int_equal(ck_imgr_next(&at, &tag, &body), 1);
    assert_int_equal(tag, CK_TAG_BLOCKS);
    assert_int_equal(ck_imgr_next(&at, &tag, &body), 0);
    close(fd);
    free(mem);
}

struct worker {
    struct ck_imgw *w;
    struct ck_imgw_stream *s;
    uint8_t *mem;
    unsigned first, pages;
};

static void *work(void *arg)
{
    struct worker *j = arg;
    void *scratch = malloc(CK_IMGW_SCRATCH_SIZE);

    for (unsigned i = j->first; i < j->pages; i += 4) {
        struct ck_run run = {(uintptr_t)j->mem + i * PAGE, PAGE};

        ck_imgw_block(j->w, j->s, scratch, &run, 1);
    }
    free(scratch);
    return NULL;
}

static void four_threads_write_one_image(void **state)
{
    enum { PAGES = 400 };
    uint8_t *mem = aligned_alloc(PAGE, PAGES * PAGE);
    uint8_t *copy = malloc(PAGES * PAGE);
    struct ck_imgr_range ok = {(uintptr_t)mem, (uintptr_t)mem + PAGES * PAGE};
    struct worker job[4];
    pthread_t t[4];
    struct ck_imgw w;
    struct ck_imgw_stream s;
    struct ck_imgr r;
    struct ck_imgr_stream rs;
    uint64_t bytes, sum;
    int fd = new_file();

    (void)state;
    fill(mem, PAGES * PAGE, 3);
    memcpy(copy, mem, PAGES * PAGE);
    assert_int_equal(ck_imgw_begin(&w, fd, CK_IMAGE_PROCESS, widx, MEM), 0);
    assert_int_equal(ck_imgw_stream(&w, &s, 0, PAGES), 0);
    for (unsigned i = 0; i < 4; i++) {
        job[i] = (struct worker){&w, &s, mem, i, PAGES};
        assert_int_equal(pthread_create(&t[i], NULL, work, &job[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    assert_int_equal(w.raw_bytes, PAGES * PAGE);
    assert_int_equal(verify_fd(fd), 0);
    memset(mem, 0, PAGES * PAGE);
    assert_int_equal(ck_imgr_open(&r, fd), 0);
    assert_int_equal(r.checksum, sum);
    assert_int_equal(ck_imgr_load(&r, ridx, sizeof(ridx)), 0);
    assert_int_equal(ck_imgr_stream_find(&r, 0, &rs), 0);
    for (uint32_t i = 0; i < rs.count; i++)
        assert_int_equal(
            ck_imgr_block_to_memory(&r, &rs, i, rscratch, &ok, 1, NULL),
            PAGE);
    assert_memory_equal(mem, copy, PAGES * PAGE);
    close(fd);
    free(mem);
    free(copy);
}

static void a_buffer_keeps_its_offsets(void **state)
{
    static uint8_t data[3 * PAGE];
    struct ck_run run[2] = {{0, PAGE}, {10 * PAGE, 2 * PAGE}};
    struct ck_imgw w;
    struct ck_imgw_stream s;
    struct ck_imgr r;
    struct ck_imgr_stream rs;
    struct ck_imgr_block b;
    uint64_t bytes, sum;
    int fd = new_file();

    (void)state;
    fill(data, sizeof(data), 4);
    assert_int_equal(ck_imgw_begin(&w, fd, CK_IMAGE_TREE, widx, MEM), 0);
    assert_int_equal(ck_imgw_stream(&w, &s, 7, 1), 0);
    assert_int_equal(ck_imgw_block_buf(&w, &s, wscratch, run, 2, data), 0);
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    assert_int_equal(ck_imgr_open(&r, fd), 0);
    assert_int_equal(ck_imgr_load(&r, ridx, sizeof(ridx)), 0);
    assert_int_equal(ck_imgr_stream_find(&r, 8, &rs), -ENOENT);
    assert_int_equal(ck_imgr_stream_find(&r, 7, &rs), 0);
    assert_int_equal(ck_imgr_block(&r, &rs, 0, rscratch, &b), 0);
    assert_int_equal(b.nruns, 2);
    assert_int_equal(b.run[1].addr, 10 * PAGE);
    assert_memory_equal(b.data, data, sizeof(data));
    close(fd);
}

static void what_does_not_shrink_is_stored_raw(void **state)
{
    static uint8_t data[PAGE];
    struct ck_run run = {0, 1};
    struct ck_imgw w;
    struct ck_imgw_stream s;
    struct ck_imgr r;
    struct ck_imgr_stream rs;
    struct ck_imgr_block b;
    uint64_t bytes, sum;
    int fd = new_file();

    (void)state;
    fill(data, sizeof(data), 5);
    data[0] = 77;
    assert_int_equal(ck_imgw_begin(&w, fd, CK_IMAGE_TREE, widx, MEM), 0);
    assert_int_equal(ck_imgw_stream(&w, &s, 0, 1), 0);
    assert_int_equal(ck_imgw_block_buf(&w, &s, wscratch, &run, 1, data), 0);
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    assert_int_equal(ck_imgr_open(&r, fd), 0);
    assert_int_equal(ck_imgr_load(&r, ridx, sizeof(ridx)), 0);
    assert_int_equal(ck_imgr_stream_find(&r, 0, &rs), 0);
    assert_int_equal(ck_imgr_block(&r, &rs, 0, rscratch, &b), 0);
    assert_int_equal(b.codec, CK_CODEC_RAW);
    assert_int_equal(b.data[0], 77);
    close(fd);
}

static void a_run_outside_the_permitted_is_not_written(void **state)
{
    uint8_t *mem = aligned_alloc(PAGE, 8 * PAGE);
    struct ck_imgr_range ok[2] = {
        {(uintptr_t)mem, (uintptr_t)mem + 2 * PAGE},
        {(uintptr_t)mem + 4 * PAGE, (uintptr_t)mem + 6 * PAGE + 1}};
    struct ck_imgr r;
    struct ck_imgr_stream s;
    int fd = new_file();

    (void)state;
    fill(mem, 8 * PAGE, 6);
    write_image(fd, mem, 8);
    memset(mem, 0xee, 8 * PAGE);
    assert_int_equal(ck_imgr_open(&r, fd), 0);
    assert_int_equal(ck_imgr_load(&r, ridx, sizeof(ridx)), 0);
    assert_int_equal(ck_imgr_stream_find(&r, 0, &s), 0);
    assert_int_equal(
        ck_imgr_block_to_memory(&r, &s, 0, rscratch, ok, 2, NULL), -EPERM);
    assert_int_equal(
        ck_imgr_block_to_memory(&r, &s, 0, rscratch, ok, 0, NULL), -EPERM);
    ok[0].end = ok[1].end; /* its last run begins inside and ends outside */
    assert_int_equal(
        ck_imgr_block_to_memory(&r, &s, 0, rscratch, ok, 1, NULL), -EPERM);
    for (unsigned i = 0; i < 8 * PAGE; i++)
        assert_int_equal(mem[i], 0xee);
    close(fd);
    free(mem);
}

static size_t read_whole(int fd, uint8_t *buf, size_t cap)
{
    ssize_t n = pread(fd, buf, cap, 0);

    assert_true(n > 0 && (size_t)n < cap);
    return (size_t)n;
}

static void every_flipped_bit_is_found(void **state)
{
    static uint8_t file[256 * 1024];
    uint8_t *mem = aligned_alloc(PAGE, 8 * PAGE);
    int fd = new_file();
    size_t n;

    (void)state;
    for (size_t i = 0; i < 8 * PAGE; i++)
        mem[i] = (uint8_t)(i / 128); /* small file: each byte is tried */
    write_image(fd, mem, 8);
    n = read_whole(fd, file, sizeof(file));
    assert_int_equal(verify_fd(fd), 0);
    for (size_t i = 0; i < n; i++) {
        for (unsigned bit = 0; bit < 8; bit += 3) {
            uint8_t c = file[i] ^ (uint8_t)(1u << bit);

            assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
            if (!verify_fd(fd))
                fail_msg("bit %u of byte %zu may be wrong", bit, i);
        }
        assert_int_equal(pwrite(fd, &file[i], 1, (off_t)i), 1);
    }
    assert_int_equal(verify_fd(fd), 0);
    close(fd);
    free(mem);
}

static void every_truncation_is_found(void **state)
{
    static uint8_t file[256 * 1024];
    uint8_t *mem = aligned_alloc(PAGE, 8 * PAGE);
    int fd = new_file();
    size_t n;

    (void)state;
    memset(mem, 1, 8 * PAGE);
    write_image(fd, mem, 8);
    n = read_whole(fd, file, sizeof(file));
    while (n-- > 0) {
        assert_int_equal(ftruncate(fd, (off_t)n), 0);
        if (!verify_fd(fd))
            fail_msg("passes when cut to %zu bytes", n);
    }
    close(fd);
    free(mem);
}

static void an_appended_byte_is_found(void **state)
{
    uint8_t *mem = aligned_alloc(PAGE, 8 * PAGE);
    int fd = new_file();

    (void)state;
    memset(mem, 1, 8 * PAGE);
    write_image(fd, mem, 8);
    assert_int_equal(pwrite(fd, "x", 1, lseek(fd, 0, SEEK_END)), 1);
    assert_int_equal(verify_fd(fd), -EBADMSG);
    close(fd);
    free(mem);
}

/* Before anybody allocates what it says. */
static void a_huge_index_is_refused_at_once(void **state)
{
    const uint8_t huge = 0x10;
    struct ck_imgw w;
    struct ck_imgr r;
    uint64_t bytes, sum;
    int fd = new_file();

    (void)state;
    assert_int_equal(ck_imgw_begin(&w, fd, CK_IMAGE_TREE, widx, MEM), 0);
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    assert_int_equal(pwrite(fd, &huge, 1, (off_t)bytes - 9), 1);
    assert_int_equal(ck_imgr_open(&r, fd), -EBADMSG);
    close(fd);
}

/* Bytes that no sum covers. */
static void a_gap_between_blocks_is_found(void **state)
{
    static uint8_t data[PAGE];
    struct ck_run run = {0, PAGE};
    struct ck_imgw w;
    struct ck_imgw_stream s;
    uint64_t bytes, sum;
    int fd = new_file();

    (void)state;
    assert_int_equal(ck_imgw_begin(&w, fd, CK_IMAGE_TREE, widx, MEM), 0);
    assert_int_equal(ck_imgw_stream(&w, &s, 0, 1), 0);
    assert_int_equal(ck_imgw_block_buf(&w, &s, wscratch, &run, 1, data), 0);
    w.pos += 8;
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    assert_int_equal(verify_fd(fd), -EBADMSG);
    close(fd);
}

static void an_unknown_tag_is_refused(void **state)
{
    struct ck_imgw w;
    struct ck_imgr r;
    uint64_t bytes, sum;
    int fd = new_file();

    (void)state;
    assert_int_equal(ck_imgw_begin(&w, fd, CK_IMAGE_TREE, widx, MEM), 0);
    ck_imgw_record_begin(&w, (enum ck_tag)99);
    ck_imgw_record_end(&w);
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    assert_int_equal(ck_imgr_open(&r, fd), 0);
    assert_int_equal(ck_imgr_load(&r, ridx, MEM), -EPROTONOSUPPORT);
    close(fd);
}

static void too_little_memory_is_an_error_that_sticks(void **state)
{
    static uint8_t data[PAGE];
    struct ck_run run = {0, PAGE};
    struct ck_imgw w;
    struct ck_imgw_stream s;
    uint64_t bytes, sum;
    int fd = new_file();

    (void)state;
    assert_int_equal(ck_imgw_begin(&w, fd, CK_IMAGE_TREE, widx, MEM), 0);
    assert_int_equal(ck_imgw_stream(&w, &s, 0, 1), 0);
    assert_int_equal(ck_imgw_block_buf(&w, &s, wscratch, &run, 1, data), 0);
    assert_int_equal(ck_imgw_block_buf(&w, &s, wscratch, &run, 1, data),
                     -ENOSPC);
    assert_true(ck_imgw_mem_full(&w));
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), -ENOSPC);
    close(fd);
}

static void a_full_disk_is_an_error(void **state)
{
    struct ck_imgw w;
    int fd = open("/dev/full", O_RDWR | O_CLOEXEC);

    (void)state;
    assert_int_equal(ck_imgw_begin(&w, fd, CK_IMAGE_TREE, widx, MEM),
                     -ENOSPC);
    assert_false(ck_imgw_mem_full(&w));
    close(fd);
}

static void the_advertised_memory_is_enough(void **state)
{
    enum { BLOCKS = 300 };
    size_t len = 2 * CK_IMGW_STREAM_MEM(BLOCKS) + CK_IMGW_RECORD_MEM;
    static uint8_t data[64];
    struct ck_run run = {0, 64};
    struct ck_process p = {.vpid = 1};
    struct ck_imgw w;
    struct ck_imgw_stream s[2];
    uint64_t bytes, sum;
    int fd = new_file();

    (void)state;
    assert_int_equal(
        ck_imgw_begin(&w, fd, CK_IMAGE_TREE, widx + 1, len), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ck_imgw_stream(&w, &s[i], i, BLOCKS), 0);
        for (unsigned k = 0; k < BLOCKS; k++)
            assert_int_equal(
                ck_imgw_block_buf(&w, &s[i], wscratch, &run, 1, data), 0);
    }
    CK_IMGW_RECORD(&w, CK_TAG_PROCESS, ck_process, &p);
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    close(fd);
}

/* The published value for the empty input: another function than XXH3
 * would make every image of another build unreadable. */
static void the_sum_is_xxh3(void **state)
{
    (void)state;
    assert_true(ck_sum64("", 0) == 0x2d06800538d394c2ULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_come_back),
        cmocka_unit_test(records_come_back_in_order),
        cmocka_unit_test(four_threads_write_one_image),
        cmocka_unit_test(a_buffer_keeps_its_offsets),
        cmocka_unit_test(what_does_not_shrink_is_stored_raw),
        cmocka_unit_test(a_run_outside_the_permitted_is_not_written),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(every_truncation_is_found),
        cmocka_unit_test(an_appended_byte_is_found),
        cmocka_unit_test(a_huge_index_is_refused_at_once),
        cmocka_unit_test(a_gap_between_blocks_is_found),
        cmocka_unit_test(an_unknown_tag_is_refused),
        cmocka_unit_test(too_little_memory_is_an_error_that_sticks),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(the_advertised_memory_is_enough),
        cmocka_unit_test(the_sum_is_xxh3),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
