/*
 * test_plan.c - plans of restarts, executed by a small kernel in memory
 * (sim.h). Each test says what a tree looked like: process, parent, group,
 * session. OUT is a number of the surroundings.
 */
#include "tests/unit/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/messages.h"

#define OUT 5 /* what the tree calls the surroundings' group and session */

enum { SAVED = CK_KIND_SAVED, ZOMBIE = CK_KIND_ZOMBIE,
       REEXEC = CK_KIND_REEXEC, STANDIN = CK_KIND_STANDIN };

#define TREE(...)                                               \
    do {                                                        \
        static const struct ck_sim_row t_[] = {__VA_ARGS__};           \
        ck_sim_same_tree(t_, sizeof(t_) / sizeof(t_[0]));              \
    } while (0)

#define TEST(name) static void name(void **state)
#define UNUSED (void)state

TEST(one_process_in_the_surroundings)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED});
}

TEST(a_root_that_leads_its_group)
{
    UNUSED;
    TREE({10, 0, 10, OUT, SAVED}, {11, 10, 10, OUT, SAVED});
}

TEST(a_root_that_leads_its_session)
{
    UNUSED;
    TREE({10, 0, 10, 10, SAVED}, {11, 10, 10, 10, SAVED},
         {12, 11, 12, 10, SAVED});
}

TEST(a_child_older_than_its_parents_session)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, 11, 11, SAVED},
         {12, 11, OUT, OUT, SAVED}, {13, 11, 11, 11, SAVED});
}

TEST(jobs_of_an_interactive_shell)
{
    UNUSED;
    TREE({10, 0, 10, 10, SAVED}, {20, 10, 20, 10, SAVED},
         {21, 10, 20, 10, SAVED}, {30, 10, 30, 10, SAVED},
         {31, 30, 30, 10, SAVED}, {32, 31, 20, 10, SAVED});
}

TEST(a_member_of_its_own_childs_group)
{
    UNUSED;
    TREE({10, 0, 11, OUT, SAVED}, {11, 10, 11, OUT, SAVED});
}

TEST(a_group_whose_leader_is_gone)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, 15, OUT, SAVED},
         {12, 11, 15, OUT, SAVED}, {13, 10, 15, OUT, SAVED});
}

TEST(a_leader_that_went_to_another_group)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, 13, OUT, SAVED},
         {12, 10, 11, OUT, SAVED}, {13, 10, 13, OUT, SAVED});
}

TEST(a_session_whose_leader_is_gone)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 0, 15, 15, SAVED},
         {12, 11, 15, 15, SAVED}, {13, 0, 13, 15, SAVED});
}

TEST(an_orphan_in_the_roots_session)
{
    UNUSED;
    TREE({10, 0, 10, 10, SAVED}, {11, 0, 10, 10, SAVED},
         {12, 0, 12, 10, SAVED});
}

TEST(an_orphan_of_a_grandchilds_session)
{
    UNUSED;
    TREE({10, 0, 10, 10, SAVED}, {11, 10, 11, 11, SAVED},
         {12, 0, 11, 11, SAVED}, {13, 12, 13, 13, SAVED});
}

TEST(zombies_keep_their_parents)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, OUT, OUT, ZOMBIE},
         {12, 10, 12, 12, ZOMBIE}, {13, 10, 13, OUT, ZOMBIE});
}

TEST(a_zombie_leads_the_group_of_others)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, 11, OUT, ZOMBIE},
         {12, 10, 11, OUT, SAVED}, {13, 12, 11, OUT, SAVED});
}

TEST(a_zombie_leads_the_session_of_orphans)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, 11, 11, ZOMBIE},
         {12, 0, 11, 11, SAVED}, {13, 0, 13, 11, SAVED});
}

TEST(a_launcher_with_a_group_of_its_own)
{
    UNUSED;
    TREE({10, 0, 10, 10, SAVED}, {11, 10, 11, 10, REEXEC},
         {12, 10, 11, 10, SAVED});
}

TEST(our_own_commands_have_ended)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, OUT, OUT, STANDIN},
         {12, 0, OUT, OUT, SAVED});
}

TEST(children_adopted_inside_the_tree)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, 11, 11, SAVED},
         {12, 10, 11, 11, SAVED}, {13, 10, 15, 15, SAVED});
}

/* tini -s, and (cmd &) in a child of it that has a session. */
TEST(adopted_from_a_session_below_by_its_leader)
{
    UNUSED;
    TREE({10, 0, 10, 10, SAVED}, {11, 10, 11, 11, SAVED},
         {13, 10, 11, 11, SAVED});
}

TEST(adopted_by_two_one_above_the_other)
{
    UNUSED;
    TREE({10, 0, 10, 10, SAVED}, {11, 10, 11, 11, SAVED},
         {12, 11, 12, 12, SAVED}, {13, 11, 12, 12, SAVED},
         {14, 10, 12, 12, SAVED}, {15, 0, 12, 12, SAVED},
         {16, 14, 16, 16, SAVED}, {17, 10, 16, 16, SAVED});
}

TEST(two_sessions_that_one_parent_has_children_of)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, 11, 11, SAVED},
         {12, 11, OUT, OUT, SAVED}, {13, 11, 15, 15, SAVED},
         {14, 11, 16, 16, SAVED});
}

/* Two that lead a group each, and are in the other's. */
TEST(leaders_that_changed_places)
{
    UNUSED;
    TREE({10, 0, 13, OUT, SAVED}, {13, 10, 10, OUT, SAVED});
}

/* It adopted one, and then ceased to adopt: what was between went by it. */
TEST(an_adoption_that_cant_be_repeated_is_refused_by_name)
{
    static const struct ck_sim_row t[] = {{10, 0, 10, 10, SAVED},
                                   {11, 10, 10, 10, SAVED},
                                   {12, 10, 12, 12, SAVED},
                                   {13, 11, 12, 12, SAVED}};
    char why[256] = "";

    UNUSED;
    assert_int_equal(ck_sim_plan_of(t, 4, why, sizeof(why)), -ENOTSUP);
    assert_non_null(strstr(why, "process 13"));
    assert_non_null(strstr(why, "process 11"));
}

TEST(a_deep_chain_of_sessions)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, 11, 11, SAVED},
         {12, 11, 12, 12, SAVED}, {13, 12, 13, 13, SAVED},
         {14, 13, 12, 12, SAVED}, {15, 12, 11, 11, SAVED});
}

TEST(a_parent_that_descends_from_its_child_is_damage)
{
    static const struct ck_sim_row t[] = {{10, 0, OUT, OUT, SAVED},
                                   {11, 12, OUT, OUT, SAVED},
                                   {12, 11, OUT, OUT, SAVED}};
    char why[256] = "";

    UNUSED;
    assert_true(ck_sim_plan_of(t, 3, why, sizeof(why)) < 0);
    assert_true(strlen(why) > 0);
}

TEST(two_processes_with_one_number_are_damage)
{
    static const struct ck_sim_row t[] = {{10, 0, OUT, OUT, SAVED},
                                   {11, 10, OUT, OUT, SAVED},
                                   {11, 10, OUT, OUT, SAVED}};
    char why[256] = "";

    UNUSED;
    assert_true(ck_sim_plan_of(t, 3, why, sizeof(why)) < 0);
}

TEST(every_number_is_in_the_table_once)
{
    static const struct ck_sim_row t[] = {{10, 0, OUT, OUT, SAVED},
                                   {12, 10, 15, OUT, SAVED},
                                   {11, 10, 11, 11, ZOMBIE}};
    static const int32_t want[] = {OUT, 10, 11, 12, 15};
    char why[256] = "";

    UNUSED;
    assert_int_equal(ck_sim_plan_of(t, 3, why, sizeof(why)), 0);
    assert_int_equal(ck_sim_plan.nnumbers, 5);
    assert_memory_equal(ck_sim_plan.numbers, want, sizeof(want));
    ck_plan_free(&ck_sim_plan);
}

/* Random trees, made by the same rules that real ones are made by. */
static uint32_t seed;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % n;
}

#define LIVES 40

struct life {
    struct ck_sim_row r;
    int alive, adopts;
};

/* Its children get the next above that adopts, or the surroundings. */
static void leave_children(struct life *l, int n, int i)
{
    uint32_t heir = l[i].r.vppid;

    for (int k = n - 1; heir && k >= 0; k--)
        if (l[k].r.vpid == heir && !l[k].adopts)
            heir = l[k].r.vppid;
    for (int k = 0; k < n; k++) {
        if (!l[k].alive || l[k].r.vppid != l[i].r.vpid)
            continue;
        l[k].r.vppid = heir;
        if (l[k].r.kind == ZOMBIE && !heir)
            l[k].alive = 0;
    }
}

static void live(struct life *l, int *n, uint32_t *next)
{
    int i = (int)rnd((uint32_t)*n), k;

    if (!l[i].alive || l[i].r.kind == ZOMBIE)
        return;
    switch (rnd(7)) {
    case 6:
        l[i].adopts |= rnd(2) == 0;
        break;
    case 0:
        if (l[i].r.vsid != l[i].r.vpid) {
            for (k = 0; k < *n; k++)
                if (l[k].alive && l[k].r.vpgid == l[i].r.vpid)
                    return;
            l[i].r.vsid = l[i].r.vpgid = l[i].r.vpid;
        }
        break;
    case 1:
        if (l[i].r.vsid != l[i].r.vpid)
            l[i].r.vpgid = l[i].r.vpid;
        break;
    case 2:
        k = (int)rnd((uint32_t)*n);
        if (l[k].alive && l[k].r.vsid == l[i].r.vsid &&
            l[k].r.vpgid && l[i].r.vsid != l[i].r.vpid)
            l[i].r.vpgid = l[k].r.vpgid;
        break;
    case 3:
        if (i == 0)
            break;
        leave_children(l, *n, i);
        if (l[i].r.vppid && rnd(2))
            l[i].r.kind = ZOMBIE;
        else
            l[i].alive = 0;
        break;
    default:
        if (*n < LIVES) {
            l[*n] = l[i];
            l[*n].adopts = 0;
            if (!i || rnd(12)) /* else with CLONE_PARENT */
                l[*n].r.vppid = l[i].r.vpid;
            l[*n].r.vpid = (*next)++;
            (*n)++;
        }
    }
}

/* Those of every fifth are in a pid namespace, where what the surroundings
 * have given has no number. */
TEST(trees_that_lived_at_random)
{
    const char *more = getenv("T_LIVES");
    uint32_t lives = more ? (uint32_t)atoi(more) : 4000;

    UNUSED;
    for (uint32_t s = 1; s <= lives; s++) {
        struct life l[LIVES] = {{{10, 0, s % 5 ? OUT : 0, s % 5 ? OUT : 0,
                                    SAVED}, 1, s % 2}};
        struct ck_sim_row t[LIVES];
        uint32_t next = 11;
        int n = 1, k = 0;

        seed = s;
        for (int i = 0; i < (s % 4 ? 80 : 200); i++)
            live(l, &n, &next);
        for (int i = 0; i < n; i++)
            if (l[i].alive)
                t[k++] = l[i].r;
        for (int i = 0; getenv("T_VERBOSE") && i < k; i++)
            print_message("%u: {%u, %u, %u, %u, %u},\n", s, t[i].vpid,
                          t[i].vppid, t[i].vpgid, t[i].vsid, t[i].kind);
        ck_sim_same_tree(t, (size_t)k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_process_in_the_surroundings),
        cmocka_unit_test(a_root_that_leads_its_group),
        cmocka_unit_test(a_root_that_leads_its_session),
        cmocka_unit_test(a_child_older_than_its_parents_session),
        cmocka_unit_test(jobs_of_an_interactive_shell),
        cmocka_unit_test(a_member_of_its_own_childs_group),
        cmocka_unit_test(a_group_whose_leader_is_gone),
        cmocka_unit_test(a_leader_that_went_to_another_group),
        cmocka_unit_test(a_session_whose_leader_is_gone),
        cmocka_unit_test(an_orphan_in_the_roots_session),
        cmocka_unit_test(an_orphan_of_a_grandchilds_session),
        cmocka_unit_test(zombies_keep_their_parents),
        cmocka_unit_test(a_zombie_leads_the_group_of_others),
        cmocka_unit_test(a_zombie_leads_the_session_of_orphans),
        cmocka_unit_test(a_launcher_with_a_group_of_its_own),
        cmocka_unit_test(our_own_commands_have_ended),
        cmocka_unit_test(children_adopted_inside_the_tree),
        cmocka_unit_test(adopted_from_a_session_below_by_its_leader),
        cmocka_unit_test(adopted_by_two_one_above_the_other),
        cmocka_unit_test(two_sessions_that_one_parent_has_children_of),
        cmocka_unit_test(leaders_that_changed_places),
        cmocka_unit_test(an_adoption_that_cant_be_repeated_is_refused_by_name),
        cmocka_unit_test(a_deep_chain_of_sessions),
        cmocka_unit_test(a_parent_that_descends_from_its_child_is_damage),
        cmocka_unit_test(two_processes_with_one_number_are_damage),
        cmocka_unit_test(every_number_is_in_the_table_once),
        cmocka_unit_test(trees_that_lived_at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
