/* test_barrier.c - waiting for all of them. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "coordinator/barrier.h"

static struct ck_barrier b;

static int setup(void **state)
{
    (void)state;
    memset(&b, 0, sizeof b);
    ck_barrier_begin(&b, "stopping", 1000, 500);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ck_barrier_free(&b);
    return 0;
}

static void name_it(void *arg, uint64_t key, char *buf, size_t cap)
{
    (void)arg;
    snprintf(buf, cap, "p%u", (unsigned)key);
}

static void it_is_complete_when_all_have_arrived(void **state)
{
    (void)state;
    assert_true(ck_barrier_complete(&b));
    ck_barrier_expect(&b, 1);
    ck_barrier_expect(&b, 2);
    assert_int_equal(ck_barrier_arrive(&b, 2), 0);
    assert_false(ck_barrier_complete(&b));
    assert_int_equal(ck_barrier_arrive(&b, 1), 0);
    assert_true(ck_barrier_complete(&b));
}

static void arriving_twice_counts_once(void **state)
{
    (void)state;
    ck_barrier_expect(&b, 1);
    ck_barrier_expect(&b, 2);
    assert_int_equal(ck_barrier_arrive(&b, 1), 0);
    assert_int_equal(ck_barrier_arrive(&b, 1), -EALREADY);
    assert_false(ck_barrier_complete(&b));
}

static void strangers_and_doubles_are_refused(void **state)
{
    (void)state;
    assert_int_equal(ck_barrier_arrive(&b, 9), -ENOENT);
    assert_int_equal(ck_barrier_drop(&b, 9), -ENOENT);
    assert_int_equal(ck_barrier_expect(&b, 1), 0);
    assert_int_equal(ck_barrier_expect(&b, 1), -EEXIST);
}

static void who_is_dropped_is_not_waited_for(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++)
        ck_barrier_expect(&b, i);
    ck_barrier_arrive(&b, 1);
    ck_barrier_drop(&b, 1); /* had arrived: nothing changes */
    ck_barrier_drop(&b, 3);
    assert_false(ck_barrier_complete(&b));
    ck_barrier_arrive(&b, 2);
    assert_true(ck_barrier_complete(&b));
}

static void it_is_overdue_only_while_somebody_is_missing(void **state)
{
    (void)state;
    assert_false(ck_barrier_overdue(&b, 9999));
    ck_barrier_expect(&b, 1);
    assert_false(ck_barrier_overdue(&b, 1499));
    assert_true(ck_barrier_overdue(&b, 1500));
}

static void a_sign_of_life_moves_the_deadline(void **state)
{
    (void)state;
    ck_barrier_expect(&b, 1);
    ck_barrier_touch(&b, 1400);
    assert_false(ck_barrier_overdue(&b, 1899));
    assert_true(ck_barrier_overdue(&b, 1900));
}

static void the_text_names_who_is_missing(void **state)
{
    char text[256];

    (void)state;
    for (unsigned i = 1; i <= 3; i++)
        ck_barrier_expect(&b, i);
    ck_barrier_arrive(&b, 2);
    ck_barrier_text(&b, name_it, NULL, text, sizeof text);
    assert_string_equal(text, "stopping: no answer from 2 of 3 within 0.5 s: "
                              "p1, p3");
}

static void the_text_of_many_stays_short(void **state)
{
    char text[256], tiny[20];

    (void)state;
    for (unsigned i = 0; i < 500; i++)
        ck_barrier_expect(&b, i);
    ck_barrier_text(&b, name_it, NULL, text, sizeof text);
    assert_string_equal(text, "stopping: no answer from 500 of 500 within "
                              "0.5 s: p0, p1, p2, p3, ...");
    ck_barrier_text(&b, name_it, NULL, tiny, sizeof tiny);
    assert_string_equal(tiny, "stopping: no answer");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(it_is_complete_when_all_have_arrived),
        T(arriving_twice_counts_once),
        T(strangers_and_doubles_are_refused),
        T(who_is_dropped_is_not_waited_for),
        T(it_is_overdue_only_while_somebody_is_missing),
        T(a_sign_of_life_moves_the_deadline),
        T(the_text_names_who_is_missing),
        T(the_text_of_many_stays_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
