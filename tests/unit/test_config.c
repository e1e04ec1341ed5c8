/* test_config.c - site defaults. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/base/config.h"

static const char *write_conf(void **state, const char *text)
{
    static char path[CK_PATH];
    FILE *f;

    snprintf(path, sizeof(path), "%s/ckpt.conf", (const char *)*state);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static void a_file_sets_what_it_names(void **state)
{
    struct ck_config c;
    struct ck_err e;

    ck_config_init(&c);
    assert_int_equal(
        ck_config_load(&c,
                       write_conf(state, "# site\n\n interval = 0:30 \n"
                                         "keep=5 # five\ndir = /scratch/%u\n"
                                         "lead=2\non = preempt\n"
                                         "required = yes"),
                       &e),
        0);
    assert_int_equal(c.interval, 30);
    assert_int_equal(c.keep, 5);
    assert_int_equal(c.lead, 120);
    assert_int_equal(c.on, CK_ON_PREEMPT);
    assert_int_equal(c.required, 1);
    assert_string_equal(c.dir, "/scratch/%u");
}

static void no_file_changes_nothing(void **state)
{
    struct ck_config a, b;
    struct ck_err e;

    (void)state;
    ck_config_init(&a);
    ck_config_init(&b);
    assert_int_equal(ck_config_load(&a, "/nowhere/ckpt.conf", &e), 0);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_int_equal(a.lead, CK_LEAD_AUTO);
    assert_int_equal(a.on, CK_ON_TIMEOUT | CK_ON_PREEMPT);
}

static void a_mistake_names_file_and_line(void **state)
{
    struct ck_config c;
    struct ck_err e;

    ck_config_init(&c);
    assert_int_equal(
        ck_config_load(&c, write_conf(state, "keep=2\nintervall=3\n"), &e),
        -EINVAL);
    assert_non_null(strstr(e.text, "ckpt.conf:2: unknown setting"));
    assert_int_equal(ck_config_load(&c, write_conf(state, "keep=0\n"), &e),
                     -EINVAL);
    assert_non_null(strstr(e.text, ":1: keep=0: must be"));
    assert_int_equal(ck_config_load(&c, write_conf(state, "keep\n"), &e),
                     -EINVAL);
}

static void all_mistakes_are_named(void **state)
{
    struct ck_config c;
    struct ck_err e;

    ck_config_init(&c);
    assert_int_equal(
        ck_config_load(&c, write_conf(state, "intervall=3\nkeep=0\nlead=1\n"
                                             "odd\nonn=preempt"), &e),
        -EINVAL);
    assert_non_null(strstr(e.text, "ckpt.conf:1: unknown setting \"intervall"));
    assert_non_null(strstr(e.text, "ckpt.conf:2: keep=0: must be"));
    assert_non_null(strstr(e.text, "ckpt.conf:4: not key = value: odd"));
    assert_non_null(strstr(e.text, "ckpt.conf:5: unknown setting \"onn"));
    assert_non_null(strstr(e.text, "there are " CK_CONFIG_KEYS));
    assert_null(strchr(e.text, '\n'));
}

static void events_are_a_list_or_none(void **state)
{
    uint32_t m = 99;

    (void)state;
    assert_int_equal(ck_config_events("timeout,preempt", &m), 0);
    assert_int_equal(m, CK_ON_TIMEOUT | CK_ON_PREEMPT);
    assert_int_equal(ck_config_events("Failure", &m), 0);
    assert_int_equal(m, CK_ON_FAILURE);
    assert_int_equal(ck_config_events("NONE", &m), 0);
    assert_int_equal(m, 0);
    assert_int_equal(ck_config_events("timeout,", &m), -EINVAL);
    assert_int_equal(ck_config_events("time", &m), -EINVAL);
    assert_int_equal(ck_config_events("", &m), -EINVAL);
}

static void events_can_be_written_and_read_again(void **state)
{
    char text[CK_EVENTS_TEXT];

    (void)state;
    for (uint32_t mask = 0; mask < 8; mask++) {
        uint32_t m = 99;

        assert_int_equal(
            ck_config_events(ck_config_events_text(mask, text), &m), 0);
        assert_int_equal(m, mask);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_sets_what_it_names,
                                        unit_dir_setup, unit_dir_teardown),
        cmocka_unit_test(no_file_changes_nothing),
        cmocka_unit_test_setup_teardown(a_mistake_names_file_and_line,
                                        unit_dir_setup, unit_dir_teardown),
        cmocka_unit_test_setup_teardown(all_mistakes_are_named,
                                        unit_dir_setup, unit_dir_teardown),
        cmocka_unit_test(events_are_a_list_or_none),
        cmocka_unit_test(events_can_be_written_and_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
