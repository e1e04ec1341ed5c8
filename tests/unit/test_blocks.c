/*
 * test_blocks.c - a block whose sum is good may still lie: each number in it
 * is checked for itself.
 */
#include "unit.h"

#include <errno.h>
#include <sys/mman.h>

#include "lib/image/reader.h"
#include "lib/image/sum.h"
#include "lib/image/writer.h"

#define PAGE 4096u
#define MEM (1u << 20)

static uint8_t wscratch[CK_IMGW_SCRATCH_SIZE], rscratch[CK_IMGR_SCRATCH_SIZE];
static uint8_t widx[MEM], ridx[MEM];

/* An image of one block whose header and runs say what the caller wants,
 * with good sums: only the reader's own checks stand in its way. */
static int lying_block(struct ck_block h, const struct ck_run *run,
                       uint32_t nruns)
{
    static uint8_t data[2 * PAGE], block[3 * PAGE];
    struct ck_run good[2] = {{0, PAGE}, {PAGE, PAGE}};
    size_t len = CK_BLOCK_HEADER_SIZE + nruns * CK_RUN_SIZE + h.stored_len;
    struct ck_imgw w;
    struct ck_imgw_stream s;
    struct ck_imgr r;
    struct ck_imgr_stream rs;
    struct ck_imgr_block b;
    struct ck_wr wr;
    uint64_t bytes, sum;
    int fd = memfd_create("image", MFD_CLOEXEC), rc;

    assert_int_equal(ck_imgw_begin(&w, fd, CK_IMAGE_TREE, widx, MEM), 0);
    assert_int_equal(ck_imgw_stream(&w, &s, 0, 1), 0);
    assert_int_equal(ck_imgw_block_buf(&w, &s, wscratch, good, 2, data), 0);
    ck_wr_init(&wr, block, sizeof(block));
    ck_block_put(&wr, &h);
    for (uint32_t i = 0; i < nruns && i < 2; i++)
        ck_run_put(&wr, &run[i]);
    if (len > sizeof(block))
        len = sizeof(block);
    h.sum = ck_sum64(block, len);
    wr.len = 0;
    ck_block_put(&wr, &h);
    s.sum[0] = h.sum;
    s.offset[0] = w.pos;
    assert_int_equal(pwrite(fd, block, len, (off_t)w.pos), len);
    w.pos += len;
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    assert_int_equal(ck_imgr_open(&r, fd), 0);
    assert_int_equal(ck_imgr_load(&r, ridx, sizeof(ridx)), 0);
    assert_int_equal(ck_imgr_stream_find(&r, 0, &rs), 0);
    rc = ck_imgr_block(&r, &rs, 0, rscratch, &b);
    close(fd);
    return rc;
}

static const struct ck_block honest = {.magic = CK_BLOCK_MAGIC, .nruns = 2,
                                       .raw_len = 200, .stored_len = 200};
static const struct ck_run honest_run[2] = {{0, 100}, {100, 100}};

static void an_honest_block_is_read(void **state)
{
    (void)state;
    assert_int_equal(lying_block(honest, honest_run, 2), 0);
}

static void a_block_that_lies_of_its_size_is_refused(void **state)
{
    struct ck_block h = honest;

    (void)state;
    h.raw_len = h.stored_len = CK_BLOCK_RAW_MAX + 1;
    assert_int_equal(lying_block(h, honest_run, 2), -EBADMSG);
    h = honest;
    h.stored_len = 201;
    assert_int_equal(lying_block(h, honest_run, 2), -EBADMSG);
    h.stored_len = 100;
    assert_int_equal(lying_block(h, honest_run, 2), -EBADMSG);
    h.stored_len = 0;
    assert_int_equal(lying_block(h, honest_run, 2), -EBADMSG);
    h = honest;
    h.nruns = CK_BLOCK_RUNS_MAX + 1;
    assert_int_equal(lying_block(h, honest_run, 2), -EBADMSG);
    h.nruns = 0;
    assert_int_equal(lying_block(h, honest_run, 2), -EBADMSG);
}

static void runs_that_do_not_add_up_are_refused(void **state)
{
    struct ck_run run[2] = {{0, 100}, {100, 101}};

    (void)state;
    assert_int_equal(lying_block(honest, run, 2), -EBADMSG);
    run[1].len = 99;
    assert_int_equal(lying_block(honest, run, 2), -EBADMSG);
    run[0].len = 0;
    run[1].len = 200;
    assert_int_equal(lying_block(honest, run, 2), -EBADMSG);
    run[0].len = UINT64_MAX - 99; /* adds up when it wraps */
    run[1].len = 300;
    assert_int_equal(lying_block(honest, run, 2), -EBADMSG);
}

static void a_run_that_wraps_is_refused(void **state)
{
    struct ck_run run[2] = {{0, 100}, {UINT64_MAX - 50, 100}};

    (void)state;
    assert_int_equal(lying_block(honest, run, 2), -EBADMSG);
}

static void an_unknown_codec_is_refused(void **state)
{
    struct ck_block h = honest;

    (void)state;
    h.codec = 2;
    assert_int_equal(lying_block(h, honest_run, 2), -EPROTONOSUPPORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_block_is_read),
        cmocka_unit_test(a_block_that_lies_of_its_size_is_refused),
        cmocka_unit_test(runs_that_do_not_add_up_are_refused),
        cmocka_unit_test(a_run_that_wraps_is_refused),
        cmocka_unit_test(an_unknown_codec_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
