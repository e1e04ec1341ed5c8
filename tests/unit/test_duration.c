/* test_duration.c - times and sizes as users write and read them. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/base/duration.h"

static void slurm_times_are_minutes_first(void **state)
{
    static const struct {
        const char *text;
        uint32_t seconds;
    } good[] = {
        {"10", 600},         {"0:30", 30},          {"1:30", 90},
        {"1:02:03", 3723},   {"1-0", 86400},        {"2-03:04", 183840},
        {"1-02:03:04", 93784}, {"0", 0},            {"00:00:10", 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint32_t s = 1;

        assert_int_equal(ck_duration_slurm(good[i].text, &s), 0);
        assert_int_equal(s, good[i].seconds);
    }
}

static void bad_slurm_times_are_refused(void **state)
{
    static const char *const bad[] = {"",     "x",     "10m",  ":30", "1:",
                                      "1::2", "1-",    "-5",   "1-2-3",
                                      "1:2:3:4", " 10", "1.5", "99999999999"};
    uint32_t s = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ck_duration_slurm(bad[i], &s), -EINVAL);
    assert_int_equal(ck_duration_slurm("999999999", &s), -ERANGE);
    assert_int_equal(s, 77);
}

static void own_times_are_seconds_first(void **state)
{
    uint32_t s = 0;

    (void)state;
    assert_int_equal(ck_duration("60", &s), 0);
    assert_int_equal(s, 60);
    assert_int_equal(ck_duration("10m", &s), 0);
    assert_int_equal(s, 600);
    assert_int_equal(ck_duration("2h", &s), 0);
    assert_int_equal(s, 7200);
    assert_int_equal(ck_duration("0:30", &s), 0);
    assert_int_equal(s, 30);
    assert_int_equal(ck_duration("10mm", &s), -EINVAL);
    assert_int_equal(ck_duration("", &s), -EINVAL);
    assert_int_equal(ck_duration("m", &s), -EINVAL);
    assert_int_equal(ck_duration("366d", &s), 0);
    assert_int_equal(ck_duration("31622401", &s), -ERANGE);
}

static void text_is_for_people(void **state)
{
    char b[32];

    (void)state;
    ck_duration_text(b, sizeof(b), 0.012);
    assert_string_equal(b, "12 ms");
    ck_duration_text(b, sizeof(b), 3.14);
    assert_string_equal(b, "3.1 s");
    ck_duration_text(b, sizeof(b), 190);
    assert_string_equal(b, "3 min 10 s");
    ck_duration_text(b, sizeof(b), 7500);
    assert_string_equal(b, "2 h 05 min");
    ck_bytes_text(b, sizeof(b), 512);
    assert_string_equal(b, "512 B");
    ck_bytes_text(b, sizeof(b), 3565158);
    assert_string_equal(b, "3.4 MiB");
    ck_bytes_text(b, sizeof(b), 1024 * 1024 - 1);
    assert_string_equal(b, "1.0 MiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slurm_times_are_minutes_first),
        cmocka_unit_test(bad_slurm_times_are_refused),
        cmocka_unit_test(own_times_are_seconds_first),
        cmocka_unit_test(text_is_for_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
