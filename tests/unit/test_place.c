/*
 * test_place.c - what was bound to a part of one machine is bound to the
 * same part of another.
 */
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <errno.h>

#include "lib/place/place.h"

/* Cores of `threads` cpus each, half of them at node 0 and half at node 1 if
 * there are two; numbered as most machines are: first threads first. */
static void machine(struct ck_place *p, unsigned cores, unsigned threads,
                    unsigned nodes)
{
    memset(p, 0, sizeof(*p));
    for (unsigned c = 0; c < cores; c++) {
        for (unsigned t = 0; t < threads; t++) {
            uint16_t node = (uint16_t)(c * nodes / cores);

            p->cpu[p->ncpu++] = (struct ck_place_cpu){
                .id = (uint16_t)(t * cores + c), .core = (uint16_t)c,
                .package = node, .node = node};
        }
    }
    for (unsigned n = 0; n < nodes; n++)
        p->node[p->nnode++] = (uint16_t)n;
}

/* Only the cpus from..from+n-1 of its order are to be used. */
static void allow(struct ck_place *p, size_t from, size_t n)
{
    memmove(p->cpu, p->cpu + from, n * sizeof(*p->cpu));
    p->ncpu = n;
}

static struct ck_place was, is;
static struct ck_place_pair *pairs;
static size_t n;

static uint64_t moved(enum ck_place_kind kind, uint64_t from)
{
    uint64_t f[CK_CPUS / 64] = {from}, to[CK_CPUS / 64];

    ck_places_move(pairs, n, kind, f, to);
    return to[0];
}

static void make_pairs(void)
{
    free(pairs);
    assert_int_equal(ck_place_pairs(&was, &is, &pairs, &n), 0);
}

static void nothing_moves_on_a_machine_alike(void **state)
{
    (void)state;
    machine(&was, 8, 2, 2);
    machine(&is, 8, 2, 2);
    make_pairs();
    assert_int_equal(n, 0);
    allow(&was, 3, 5); /* more cpus now than then */
    make_pairs();
    assert_int_equal(n, 0);
}

static void other_cpus_of_the_same_machine(void **state)
{
    (void)state;
    machine(&was, 8, 1, 1);
    machine(&is, 8, 1, 1);
    allow(&was, 0, 4);
    allow(&is, 4, 4);
    make_pairs();
    assert_int_equal(moved(CK_PLACE_CPU, 1 << 0), 1 << 4);
    assert_int_equal(moved(CK_PLACE_CPU, 1 << 1 | 1 << 3), 1 << 5 | 1 << 7);
}

/* The same numbers, but 0 and 1 were cores and are threads of one now. */
static void the_same_numbers_may_be_another_place(void **state)
{
    (void)state;
    machine(&was, 4, 1, 1);
    machine(&is, 2, 2, 1);
    make_pairs();
    assert_int_equal(moved(CK_PLACE_CPU, 1 << 0), 1 << 0);
    assert_int_equal(moved(CK_PLACE_CPU, 1 << 1), 1 << 2);
    assert_int_equal(moved(CK_PLACE_CPU, 1 << 2), 1 << 1);
}

static void threads_are_spread_over_more_cores(void **state)
{
    (void)state;
    machine(&was, 4, 1, 1);
    machine(&is, 8, 2, 1);
    allow(&is, 8, 8); /* both threads of cores 4 to 7 */
    make_pairs();
    for (unsigned c = 0; c < 4; c++)
        assert_int_equal(moved(CK_PLACE_CPU, 1u << c), 1u << (4 + c));
}

static void fewer_cpus_are_shared_by_neighbours(void **state)
{
    (void)state;
    machine(&was, 8, 1, 2);
    machine(&is, 2, 1, 2);
    make_pairs();
    for (unsigned c = 0; c < 8; c++)
        assert_int_equal(moved(CK_PLACE_CPU, 1u << c), 1u << c / 4);
}

static void memory_follows_its_cpus(void **state)
{
    (void)state;
    machine(&was, 8, 1, 2);
    machine(&is, 8, 1, 4);
    make_pairs();
    assert_int_equal(moved(CK_PLACE_NODE, 1 << 0), 1 << 0 | 1 << 1);
    assert_int_equal(moved(CK_PLACE_NODE, 1 << 1), 1 << 2 | 1 << 3);
    machine(&is, 4, 1, 1);
    make_pairs();
    assert_int_equal(moved(CK_PLACE_NODE, 1 << 1), 1 << 0);
}

static void a_node_without_cpus_keeps_its_part(void **state)
{
    (void)state;
    machine(&was, 4, 1, 2);
    was.node[was.nnode++] = 2;
    was.node[was.nnode++] = 3;
    machine(&is, 2, 1, 1);
    is.node[is.nnode++] = 7;
    make_pairs();
    assert_int_equal(moved(CK_PLACE_NODE, 1 << 3), 1 << 7);
}

static void what_has_all_is_not_bound(void **state)
{
    uint64_t all[CK_CPUS / 64] = {0xff}, some[CK_CPUS / 64] = {0x7f};
    uint64_t to[CK_CPUS / 64];

    (void)state;
    machine(&was, 8, 1, 1);
    machine(&is, 2, 1, 1);
    make_pairs();
    assert_true(ck_places_move(pairs, n, CK_PLACE_CPU, all, to));
    assert_false(ck_places_move(pairs, n, CK_PLACE_CPU, some, to));
}

static void a_record_says_what_was_put(void **state)
{
    static uint8_t mem[CK_PLACE_REC_MAX];
    struct ck_placement rec;

    (void)state;
    machine(&was, CK_CPUS / 2, 2, 2);
    ck_place_put(&was, mem, &rec);
    memset(&is, 0, sizeof(is));
    assert_int_equal(ck_place_get(&rec, &is), 0);
    assert_memory_equal(&was, &is, sizeof(was));
    rec.cpus.n -= 2;
    assert_int_equal(ck_place_get(&rec, &is), -EBADMSG);
}

static void numbers_out_of_bounds_do_no_harm(void **state)
{
    struct ck_place_pair bad[] = {{CK_PLACE_CPU, 0xffff, 1, 0},
                                  {CK_PLACE_CPU, CK_CPUS, 1, 0},
                                  {CK_PLACE_CPU, 1, 0xffff, 0},
                                  {CK_PLACE_CPU, 1, CK_CPUS, 0},
                                  {9, 1, 1, 0}};
    uint64_t from[CK_CPUS / 64 + 1] = {2, [CK_CPUS / 64] = 1};
    uint64_t to[CK_CPUS / 64 + 1] = {0};

    (void)state;
    ck_places_move(bad, 5, CK_PLACE_CPU, from, to);
    assert_int_equal(to[0], 0);
    assert_int_equal(to[CK_CPUS / 64], 0);
}

/* hwloc is told of a machine whose first cores are 0 2 and 1 3. */
static void the_order_is_that_of_the_topology(void **state)
{
    const uint64_t cpus[CK_CPUS / 64] = {0xd};
    const struct ck_place_ops *ops;
    void *lib = dlopen(CKPT_PLACE, RTLD_NOW | RTLD_LOCAL);

    (void)state;
    assert_non_null(lib);
    ops = dlsym(lib, CK_PLACE_SYMBOL);
    assert_non_null(ops);
    setenv("HWLOC_SYNTHETIC", "numa:2 core:1 pu:2(indexes=0,2,1,3)", 1);
    assert_int_equal(ops->look(cpus, &is), -ENOTSUP);
    setenv("HWLOC_THISSYSTEM", "1", 1);
    assert_int_equal(ops->look(cpus, &is), 0);
    unsetenv("HWLOC_SYNTHETIC");
    unsetenv("HWLOC_THISSYSTEM");
    assert_int_equal(is.ncpu, 3);
    assert_int_equal(is.cpu[0].id, 0);
    assert_int_equal(is.cpu[1].id, 2);
    assert_int_equal(is.cpu[2].id, 3);
    assert_int_equal(is.cpu[1].core, 0);
    assert_int_equal(is.cpu[2].core, 1);
    assert_int_equal(is.cpu[1].node, 0);
    assert_int_equal(is.cpu[2].node, 1);
    assert_int_equal(is.nnode, 2);
    assert_int_equal(ops->look(cpus, &is), 0); /* this machine */
    assert_true(is.ncpu >= 1 && is.nnode >= 1);
    dlclose(lib);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_moves_on_a_machine_alike),
        cmocka_unit_test(other_cpus_of_the_same_machine),
        cmocka_unit_test(the_same_numbers_may_be_another_place),
        cmocka_unit_test(threads_are_spread_over_more_cores),
        cmocka_unit_test(fewer_cpus_are_shared_by_neighbours),
        cmocka_unit_test(memory_follows_its_cpus),
        cmocka_unit_test(a_node_without_cpus_keeps_its_part),
        cmocka_unit_test(what_has_all_is_not_bound),
        cmocka_unit_test(a_record_says_what_was_put),
        cmocka_unit_test(numbers_out_of_bounds_do_no_harm),
        cmocka_unit_test(the_order_is_that_of_the_topology),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
