/* test_pidtable.c - both directions agree, and no number has two owners. */
#include "unit.h"

#include "lib/image/pidtable.h"

#define N 1000

static struct ck_pid_entry entry[N];
static uint32_t by_real[N];
static struct ck_pidtable table;

/* virt ascending, real a permutation of other numbers. */
static void fill(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        entry[i].virt = (int32_t)(100 + 3 * i);
        entry[i].real = (int32_t)(5000 + (i * 377 + 11) % N);
        entry[i].state = CK_PID_EXISTS;
    }
    ck_pidtable_init(&table, entry, n, by_real);
}

static void no_table_maps_everything_to_itself(void **state)
{
    struct ck_pidtable empty = {NULL, NULL, 0, 0};

    (void)state;
    assert_int_equal(ck_pid_virt(NULL, 42), 42);
    assert_int_equal(ck_pid_real(NULL, 42), 42);
    assert_int_equal(ck_pid_virt(&empty, 42), 42);
    assert_int_equal(ck_pid_real(&empty, 42), 42);
}

static void entries_map_both_ways(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= N; n += 37) {
        fill(n);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(ck_pid_real(&table, entry[i].virt),
                             entry[i].real);
            assert_int_equal(ck_pid_virt(&table, entry[i].real),
                             entry[i].virt);
        }
    }
}

/* A root that is restarted in place leads the session that was outside. */
static void a_number_of_two_is_the_process(void **state)
{
    (void)state;
    for (uint32_t outside = 0; outside < 20; outside += 19) {
        fill(20);
        entry[7].real = entry[outside].real;
        entry[outside].outside = 1;
        ck_pidtable_init(&table, entry, 20, by_real);
        assert_int_equal(ck_pid_virt(&table, entry[7].real), entry[7].virt);
        assert_int_equal(ck_pid_real(&table, entry[outside].virt),
                         entry[7].real);
        entry[outside].outside = 0;
    }
}

static void who_spoke_for_another_has_no_number_otherwise(void **state)
{
    (void)state;
    fill(N - 2);
    entry[N - 2] = (struct ck_pid_entry){.virt = 106, .real = 30000};
    entry[N - 1] = (struct ck_pid_entry){.virt = 9999, .real = 30001};
    assert_int_equal(ck_pid_spoke_for(&table, 30000), 0);
    table.spoke = 2;
    assert_int_equal(ck_pid_spoke_for(&table, 30000), 106);
    assert_int_equal(ck_pid_spoke_for(&table, 30001), 9999);
    assert_int_equal(ck_pid_spoke_for(&table, entry[0].real), 0);
    assert_int_equal(ck_pid_spoke_for(NULL, 30000), 0);
    assert_int_equal(ck_pid_virt(&table, 30000), 30000);
    assert_int_equal(ck_pid_real(&table, 106), entry[2].real);
}

static void a_new_number_that_is_free_stays(void **state)
{
    (void)state;
    fill(N);
    assert_int_equal(ck_pid_virt(&table, 20000), 20000);
    assert_int_equal(ck_pid_real(&table, 20000), 20000);
}

/* Real 103 belongs to a process made later; virtual 103 is taken. */
static void a_new_number_that_is_taken_moves_by_the_stride(void **state)
{
    (void)state;
    fill(N);
    assert_int_equal(ck_pid_virt(&table, 103), 103 + CK_PID_STRIDE);
    assert_int_equal(ck_pid_real(&table, 103 + CK_PID_STRIDE), 103);
}

/* After a second restart the moved number is itself an entry. */
static void a_taken_stride_is_passed_over(void **state)
{
    struct ck_pid_entry e[] = {
        {.virt = 7, .real = 900},
        {.virt = 7 + CK_PID_STRIDE, .real = 901},
    };
    uint32_t idx[2];
    struct ck_pidtable t;

    (void)state;
    ck_pidtable_init(&t, e, 2, idx);
    assert_int_equal(ck_pid_virt(&t, 7), 7 + 2 * CK_PID_STRIDE);
    assert_int_equal(ck_pid_real(&t, 7 + 2 * CK_PID_STRIDE), 7);
    assert_int_equal(ck_pid_real(&t, 7 + CK_PID_STRIDE), 901);
}

static void every_real_number_has_one_virtual_one(void **state)
{
    (void)state;
    fill(300);
    for (int32_t real = 1; real < 8000; real++)
        assert_int_equal(ck_pid_real(&table, ck_pid_virt(&table, real)),
                         real);
}

/* All that a program may have known as a number: of who is there, of who is
 * gone, of one beyond the kernel's range, of one without a number yet. */
static void a_number_of_nobody_is_nobodys(void **state)
{
    struct ck_pid_entry e[] = {
        {.virt = 7, .real = 900},
        {.virt = 8, .real = INT32_MAX},
        {.virt = 9, .real = 7},
    };
    uint32_t idx[3];
    struct ck_pidtable t;

    (void)state;
    ck_pidtable_init(&t, e, 3, idx);
    assert_int_equal(ck_pid_real(&t, 10), 10);
    assert_true(ck_pid_real(&t, 900) >= CK_PID_STRIDE);
    for (int32_t v = 1; v < 1000; v++) {
        int32_t far = v + CK_PID_STRIDE;

        assert_int_equal(ck_pid_virt(&t, ck_pid_real(&t, v)), v);
        assert_int_equal(ck_pid_virt(&t, ck_pid_real(&t, far)), far);
    }
}

static void nothing_and_groups_are_left_alone(void **state)
{
    (void)state;
    fill(N);
    assert_int_equal(ck_pid_virt(&table, 0), 0);
    assert_int_equal(ck_pid_virt(&table, -5000), -5000);
    assert_int_equal(ck_pid_real(&table, 0), 0);
    assert_int_equal(ck_pid_real(&table, -100), -100);
}

static void find_gives_the_entry_or_nothing(void **state)
{
    struct ck_pidtable_file *f =
        calloc(1, sizeof(*f) + 3 * sizeof(f->entry[0]));

    (void)state;
    f->count = 3;
    for (int i = 0; i < 3; i++)
        f->entry[i].virt = 10 * (i + 1);
    assert_ptr_equal(ck_pid_find(f, 20), &f->entry[1]);
    assert_null(ck_pid_find(f, 15));
    assert_null(ck_pid_find(f, 31));
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_table_maps_everything_to_itself),
        cmocka_unit_test(entries_map_both_ways),
        cmocka_unit_test(a_number_of_two_is_the_process),
        cmocka_unit_test(who_spoke_for_another_has_no_number_otherwise),
        cmocka_unit_test(a_new_number_that_is_free_stays),
        cmocka_unit_test(a_new_number_that_is_taken_moves_by_the_stride),
        cmocka_unit_test(a_taken_stride_is_passed_over),
        cmocka_unit_test(every_real_number_has_one_virtual_one),
        cmocka_unit_test(a_number_of_nobody_is_nobodys),
        cmocka_unit_test(nothing_and_groups_are_left_alone),
        cmocka_unit_test(find_gives_the_entry_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
