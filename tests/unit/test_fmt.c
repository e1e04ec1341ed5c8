/* test_fmt.c - text and small files without libc. */
#include "unit.h"

#include <errno.h>
#include <limits.h>

#include "lib/sys/fmt.h"

static void it_says_what_printf_says(void **state)
{
    char ours[256], theirs[256];

    (void)state;
    ck_fmt(ours, sizeof(ours), "%s|%c|%d|%u|%x|%ld|%lu|%lx|%zu|%%", "a", 'b',
           INT_MIN, UINT_MAX, 0xbeefu, LONG_MIN, ULONG_MAX, 0xfeedfacel,
           (size_t)7);
    snprintf(theirs, sizeof(theirs), "%s|%c|%d|%u|%x|%ld|%lu|%lx|%zu|%%",
             "a", 'b', INT_MIN, UINT_MAX, 0xbeefu, LONG_MIN, ULONG_MAX,
             0xfeedfacel, (size_t)7);
    assert_string_equal(ours, theirs);
}

static void it_returns_the_length(void **state)
{
    char buf[16];

    (void)state;
    assert_int_equal(ck_fmt(buf, sizeof(buf), "%d", 1234), 4);
}

static void what_does_not_fit_is_cut_and_terminated(void **state)
{
    char buf[9];

    (void)state;
    memset(buf, 'x', sizeof(buf));
    assert_int_equal(ck_fmt(buf, 4, "%s", "abcdef"), -ENAMETOOLONG);
    assert_string_equal(buf, "abc");
    assert_int_equal(buf[4], 'x');
    assert_int_equal(ck_fmt(buf, 4, "%s", "abcd"), -ENAMETOOLONG);
    assert_int_equal(ck_fmt(buf, 4, "%s", "abc"), 3);
    assert_int_equal(ck_fmt(buf, 0, "%s", "abc"), -ENAMETOOLONG);
    assert_string_equal(buf, "abc");
}

static void no_string_is_said(void **state)
{
    char buf[16];
    const char *volatile none = NULL; /* the compiler would complain */

    (void)state;
    ck_fmt(buf, sizeof(buf), "%s", none);
    assert_string_equal(buf, "(none)");
}

static void numbers_are_parsed_up_to_their_end(void **state)
{
    const char *dec = "123x", *hex = "FfG", *none = "x";

    (void)state;
    assert_int_equal(ck_parse_u64(&dec, 10), 123);
    assert_string_equal(dec, "x");
    assert_int_equal(ck_parse_u64(&hex, 16), 255);
    assert_string_equal(hex, "G");
    assert_int_equal(ck_parse_u64(&none, 10), 0);
    assert_string_equal(none, "x");
}

static void strings_are_compared(void **state)
{
    (void)state;
    assert_true(ck_streq("ab", "ab"));
    assert_false(ck_streq("ab", "abc"));
    assert_false(ck_streq("abc", "ab"));
    assert_true(ck_starts("abc", "ab"));
    assert_true(ck_starts("abc", ""));
    assert_false(ck_starts("ab", "abc"));
}

static void a_file_that_does_not_fit_is_an_error(void **state)
{
    char path[512], buf[8];
    FILE *f;

    snprintf(path, sizeof(path), "%s/file", (char *)*state);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs("1234567", f);
    fclose(f);
    assert_int_equal(ck_read_file(path, buf, 8), 7);
    assert_string_equal(buf, "1234567");
    assert_int_equal(ck_read_file(path, buf, 7), -EFBIG);
    assert_int_equal(ck_read_file("/nonexistent/x", buf, 8), -ENOENT);
}

static void the_end_of_a_pipe_is_no_data(void **state)
{
    char buf[4];
    int fd[2];

    (void)state;
    assert_int_equal(pipe(fd), 0);
    assert_int_equal(ck_write_all(fd[1], "abc", 3), 0);
    close(fd[1]);
    assert_int_equal(ck_read_all(fd[0], buf, 2), 0);
    assert_int_equal(ck_read_all(fd[0], buf, 2), -ENODATA);
    close(fd[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_printf_says),
        cmocka_unit_test(it_returns_the_length),
        cmocka_unit_test(what_does_not_fit_is_cut_and_terminated),
        cmocka_unit_test(no_string_is_said),
        cmocka_unit_test(numbers_are_parsed_up_to_their_end),
        cmocka_unit_test(strings_are_compared),
        unit_in_dir(a_file_that_does_not_fit_is_an_error),
        cmocka_unit_test(the_end_of_a_pipe_is_no_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
