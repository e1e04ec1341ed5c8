/* test_index.c - what was added is found, and what was removed is not. */
#include "lib/base/index.h"

#include "tests/unit/unit.h"

static int count(const struct ck_index *x, uint64_t key, const void *what)
{
    size_t at = 0;
    int n = 0;
    void *p;

    while ((p = ck_index_next(x, key, &at)))
        n += !what || p == what;
    return n;
}

static void an_empty_one_has_nothing(void **state)
{
    struct ck_index x = {0};

    (void)state;
    assert_int_equal(count(&x, 7, NULL), 0);
    ck_index_remove(&x, 7, "a");
    ck_index_free(&x);
}

static void thousands_are_found(void **state)
{
    static int v[20000];
    struct ck_index x = {0};

    (void)state;
    for (int i = 0; i < 20000; i++)
        assert_int_equal(ck_index_add(&x, ck_index_key("n", (uint64_t)i),
                                      &v[i]), 0);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(count(&x, ck_index_key("n", (uint64_t)i), &v[i]), 1);
    assert_int_equal(count(&x, ck_index_key("m", 5), NULL), 0);
    ck_index_free(&x);
}

static void those_of_one_key_are_all_found(void **state)
{
    int a, b, c;
    struct ck_index x = {0};

    (void)state;
    ck_index_add(&x, 64, &a);
    ck_index_add(&x, 64, &b);
    ck_index_add(&x, 0, &c); /* the same place at first */
    assert_int_equal(count(&x, 64, NULL), 2);
    assert_int_equal(count(&x, 0, &c), 1);
    ck_index_remove(&x, 64, &a);
    assert_int_equal(count(&x, 64, &b), 1);
    assert_int_equal(count(&x, 64, NULL), 1);
    assert_int_equal(count(&x, 0, &c), 1); /* behind what is gone */
    ck_index_free(&x);
}

/* Marks of what is gone do not fill it up. */
static void it_can_be_used_for_ever(void **state)
{
    struct ck_index x = {0};
    int v;

    (void)state;
    for (uint64_t i = 0; i < 100000; i++) {
        assert_int_equal(ck_index_add(&x, i, &v), 0);
        assert_int_equal(count(&x, i, &v), 1);
        ck_index_remove(&x, i, &v);
        assert_int_equal(count(&x, i, NULL), 0);
    }
    assert_true(x.cap <= 128);
    ck_index_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_has_nothing),
        cmocka_unit_test(thousands_are_found),
        cmocka_unit_test(those_of_one_key_are_all_found),
        cmocka_unit_test(it_can_be_used_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
