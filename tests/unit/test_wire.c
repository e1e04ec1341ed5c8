/* test_wire.c - the codec, and the frames of messages. */
#include "unit.h"

#include <errno.h>

#include "lib/proto/messages.h"

#define ALL_FIELDS(F)                                                       \
    F(U8, a) F(U16, b) F(U32, c) F(U64, d) F(I32, e) F(N16, f) F(STR, g)    \
    F(BLOB, h)
CK_RECORD(all, ALL_FIELDS)

static size_t put_example(uint8_t *buf, size_t cap)
{
    struct all m = {.a = 1, .b = 0x203, .c = 0x4050607, .d = 1ull << 63,
                    .e = -2, .f = "0123456789abcde", .g = "text",
                    .h = {"\0\1\2", 3}};
    struct ck_wr w;

    ck_wr_init(&w, buf, cap);
    all_put(&w, &m);
    return w.bad ? 0 : w.len;
}

static void a_record_comes_back(void **state)
{
    uint8_t buf[128];
    size_t n = put_example(buf, sizeof(buf));
    struct ck_rd r;
    struct all m;

    (void)state;
    ck_rd_init(&r, buf, n);
    assert_int_equal(all_get(&r, &m), 0);
    assert_int_equal(m.a, 1);
    assert_int_equal(m.b, 0x203);
    assert_int_equal(m.c, 0x4050607);
    assert_true(m.d == 1ull << 63);
    assert_int_equal(m.e, -2);
    assert_memory_equal(m.f, "0123456789abcde", 16);
    assert_string_equal(m.g, "text");
    assert_int_equal(m.h.n, 3);
    assert_memory_equal(m.h.p, "\0\1\2", 3);
}

static void numbers_are_little_endian(void **state)
{
    uint8_t buf[8];
    struct ck_wr w;

    (void)state;
    ck_wr_init(&w, buf, sizeof(buf));
    ck_put_uint(&w, 0x04030201, 4);
    assert_memory_equal(buf, "\1\2\3\4", 4);
}

static void every_shorter_record_is_refused(void **state)
{
    uint8_t buf[128];
    size_t n = put_example(buf, sizeof(buf));

    (void)state;
    for (size_t k = 0; k < n; k++) {
        uint8_t *copy = malloc(k + 1);
        struct ck_rd r;
        struct all m;

        memcpy(copy, buf, k);
        ck_rd_init(&r, copy, k);
        assert_int_equal(all_get(&r, &m), -EBADMSG);
        assert_non_null(m.g);
        free(copy);
    }
}

static void what_is_left_over_is_refused(void **state)
{
    uint8_t buf[128];
    size_t n = put_example(buf, sizeof(buf));
    struct ck_rd r;
    struct all m;

    (void)state;
    ck_rd_init(&r, buf, n + 1);
    assert_int_equal(all_get(&r, &m), -EBADMSG);
}

static void too_little_room_writes_nothing_beyond(void **state)
{
    uint8_t buf[129];
    size_t n = put_example(buf, 128);

    (void)state;
    for (size_t cap = 0; cap < n; cap++) {
        memset(buf, 0xee, sizeof(buf));
        assert_int_equal(put_example(buf, cap), 0);
        assert_int_equal(buf[cap], 0xee);
    }
    assert_int_equal(put_example(buf, n), n);
}

static void a_string_with_a_hole_is_refused(void **state)
{
    const uint8_t inside[] = {2, 0, 0, 0, 'a', 0, 0};
    const uint8_t open_end[] = {1, 0, 0, 0, 'a', 'b'};
    struct ck_rd r;

    (void)state;
    ck_rd_init(&r, inside, sizeof(inside));
    assert_string_equal(ck_get_str(&r), "");
    assert_true(r.bad);
    ck_rd_init(&r, open_end, sizeof(open_end));
    assert_string_equal(ck_get_str(&r), "");
    assert_true(r.bad);
}

static void a_huge_length_is_refused(void **state)
{
    const uint8_t buf[] = {0xff, 0xff, 0xff, 0xff, 'a', 0};
    struct ck_rd r;

    (void)state;
    ck_rd_init(&r, buf, sizeof(buf));
    assert_string_equal(ck_get_str(&r), "");
    assert_true(r.bad);
    ck_rd_init(&r, buf, sizeof(buf));
    assert_int_equal(ck_get_blob(&r).n, 0);
    assert_true(r.bad);
}

static void a_frame_is_found_when_it_is_whole(void **state)
{
    struct ck_msg_go go = {.generation = 7};
    struct ck_frame f;
    struct ck_rd r;
    uint8_t buf[64];
    long n = CK_FRAME(buf, sizeof(buf), go, GO, &go);

    (void)state;
    assert_true(n > 0);
    for (long k = 0; k < n; k++)
        assert_int_equal(ck_frame_parse(buf, (size_t)k, &f), 0);
    assert_int_equal(ck_frame_parse(buf, (size_t)n, &f), n);
    assert_int_equal(ck_frame_parse(buf, sizeof(buf), &f), n);
    assert_int_equal(f.type, CK_MSG_GO);
    ck_rd_init(&r, f.body, f.len);
    assert_int_equal(ck_msg_go_get(&r, &go), 0);
    assert_int_equal(go.generation, 7);
}

static void what_is_no_frame_is_refused(void **state)
{
    struct ck_msg_go go = {.generation = 7};
    struct ck_frame f;
    uint8_t buf[64];
    long n = CK_FRAME(buf, sizeof(buf), go, GO, &go);
    const unsigned bad[] = {0, 6, 11}; /* magic, version, length */

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        buf[bad[i]] ^= 0x40;
        assert_int_equal(ck_frame_parse(buf, (size_t)n, &f), -EPROTO);
        buf[bad[i]] ^= 0x40;
    }
    buf[6]--; /* an older version is another one, too */
    assert_int_equal(ck_frame_parse(buf, (size_t)n, &f), -EPROTO);
    buf[6]++;
    for (uint32_t more = 0; more < 2; more++) {
        uint32_t len = CK_FRAME_MAX - CK_FRAME_HEADER + more;

        memcpy(buf + 8, &len, sizeof(len));
        assert_int_equal(ck_frame_parse(buf, (size_t)n, &f),
                         more ? -EPROTO : 0);
    }
}

static void a_message_that_does_not_fit_is_an_error(void **state)
{
    struct ck_msg_abort m = {.reason = "this is longer than the buffer"};
    uint8_t buf[20];

    (void)state;
    assert_int_equal(CK_FRAME(buf, sizeof(buf), abort, ABORT, &m), -EMSGSIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back),
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(every_shorter_record_is_refused),
        cmocka_unit_test(what_is_left_over_is_refused),
        cmocka_unit_test(too_little_room_writes_nothing_beyond),
        cmocka_unit_test(a_string_with_a_hole_is_refused),
        cmocka_unit_test(a_huge_length_is_refused),
        cmocka_unit_test(a_frame_is_found_when_it_is_whole),
        cmocka_unit_test(what_is_no_frame_is_refused),
        cmocka_unit_test(a_message_that_does_not_fit_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
