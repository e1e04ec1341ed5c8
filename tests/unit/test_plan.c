/*
 * test_plan.c - plans of restarts, executed by a small kernel in memory.
 *
 * Each test says what a tree looked like: process, parent, group, session.
 * The plan is executed by a simulation that knows the kernel's rules (who
 * may call setsid, which group may be joined, who adopts orphans) and runs
 * the processes in a bad order, and the tree has to look the same in the
 * end. OUT is a number of the surroundings.
 */
#include "tests/unit/unit.h"

#include "lib/proto/messages.h"
#include "restart/ops.h"
#include "restart/plan.h"

#define OUT 5 /* what the tree calls the surroundings' group and session */
#define REAL_OUT 905
#define MAX 64

enum { SAVED = CK_KIND_SAVED, ZOMBIE = CK_KIND_ZOMBIE,
       REEXEC = CK_KIND_REEXEC, STANDIN = CK_KIND_STANDIN };

struct row {
    uint32_t vpid, vppid, vpgid, vsid;
    uint8_t kind;
};

struct sim {
    int used, actor, parent; /* parent: index, -1 outside */
    uint32_t pid, pgid, sid;
    int subreaper, dead, done, status;
    int child_of_actor; /* kept for wait: index of maker */
    size_t pos;
};

static struct sim p[MAX];
static int np;
static uint32_t words[MAX];
static uint32_t next_helper;
static uint8_t led[2000]; /* pid table: led a group once; stays known */
static struct ck_plan plan;

static int find_pid(uint32_t pid)
{
    for (int i = 0; i < np; i++)
        if (p[i].used && p[i].pid == pid)
            return i;
    return -1;
}

static int group_exists(uint32_t pgid, uint32_t sid)
{
    if (pgid == REAL_OUT && sid == REAL_OUT)
        return 1;
    for (int i = 0; i < np; i++)
        if (p[i].used && p[i].pgid == pgid && p[i].sid == sid)
            return 1;
    return 0;
}

static int of_actor(int actor)
{
    for (int i = np - 1; i >= 0; i--)
        if (p[i].actor == actor)
            return i;
    return -1;
}

static void spawn(int maker, int actor)
{
    struct sim *s = &p[np];

    assert_true(np < MAX);
    assert_true(actor >= 0 && (size_t)actor < plan.nactor);
    *s = (struct sim){.used = 1, .actor = actor, .parent = maker};
    s->pid = plan.actor[actor].vpid ? plan.actor[actor].vpid : next_helper++;
    assert_int_equal(find_pid(s->pid) < 0 || !p[find_pid(s->pid)].used ||
                     find_pid(s->pid) == np, 1);
    s->pgid = maker < 0 ? REAL_OUT : p[maker].pgid;
    s->sid = maker < 0 ? REAL_OUT : p[maker].sid;
    np++;
}

static void die(int i, int status)
{
    p[i].dead = 1;
    p[i].status = status;
    for (int k = 0; k < np; k++) {
        int up = i;

        if (!p[k].used || p[k].parent != i)
            continue;
        do
            up = p[up].parent;
        while (up >= 0 && (p[up].dead || !p[up].subreaper));
        p[k].parent = up;
        if (p[k].dead && up < 0)
            p[k].used = 0; /* init reaps */
    }
    if (p[i].parent < 0)
        p[i].used = 0;
}

static uint32_t setpgid_of(int i, uint32_t pgid, int outside)
{
    assert_int_not_equal(p[i].pid, p[i].sid); /* EPERM */
    if (pgid == p[i].pid) {
        p[i].pgid = pgid;
        led[pgid] = 1;
        return 1;
    }
    if (outside) {
        assert_true(pgid == (uint32_t)plan.out_pgid ||
                    pgid == (uint32_t)plan.out_sid);
        pgid = REAL_OUT;
    } else {
        if (!led[pgid])
            return 0; /* waits for the leader */
    }
    assert_true(group_exists(pgid, p[i].sid));
    p[i].pgid = pgid;
    return 1;
}

static void setsid_of(int i)
{
    for (int k = 0; k < np; k++)
        if (p[k].used)
            assert_int_not_equal(p[k].pgid, p[i].pid);
    p[i].sid = p[i].pgid = p[i].pid;
    led[p[i].pid] = 1;
}

/* One operation of process i: 1 done, 0 must wait, 2 the list is over. */
static int step(int i)
{
    struct ck_actor *a = &plan.actor[p[i].actor];
    struct ck_rd r, b;
    uint16_t code;
    uint32_t n, x, y;
    int k, rc = 1;

    ck_rd_init(&r, a->ops, a->nops);
    r.pos = p[i].pos;
    code = (uint16_t)ck_get_uint(&r, 2);
    n = (uint32_t)ck_get_uint(&r, 4);
    ck_rd_init(&b, ck_get_raw(&r, n), n);
    assert_false(r.bad);
    x = n >= 4 ? (uint32_t)ck_get_uint(&b, 4) : 0;
    y = n >= 8 ? (uint32_t)ck_get_uint(&b, 4) : 0;
    switch (code) {
    case CK_OP_T_FORK:
        spawn(i, (int)x);
        break;
    case CK_OP_T_REAP:
    case CK_OP_T_CORPSE:
        k = of_actor((int)x);
        assert_true(k >= 0 && p[k].parent == i);
        rc = p[k].dead;
        if (rc && code == CK_OP_T_REAP) {
            assert_int_equal(p[k].status, 0);
            p[k].used = 0;
        }
        break;
    case CK_OP_T_SETSID:
        setsid_of(i);
        break;
    case CK_OP_T_SETPGID:
        rc = (int)setpgid_of(i, x, (int)ck_get_uint(&b, 1));
        break;
    case CK_OP_T_JOINED:
        words[x] += y;
        break;
    case CK_OP_T_AWAIT:
        rc = words[x] >= y;
        break;
    case CK_OP_T_SUBREAPER:
        p[i].subreaper = 1;
        break;
    case CK_OP_T_EXIT:
        die(i, (int)x);
        rc = 2;
        break;
    case CK_OP_T_RESTORE:
    case CK_OP_T_EXECVE:
        rc = 2;
        break;
    default:
        break;
    }
    if (rc)
        p[i].pos = r.pos;
    return rc;
}

/* Runs everything; `order` turns the sequence of the processes around. */
static void run(int order)
{
    int moved = 1, left = 0;

    memset(p, 0, sizeof(p));
    memset(words, 0, sizeof(words));
    memset(led, 0, sizeof(led));
    np = 0;
    next_helper = 1000;
    spawn(-1, 0);
    while (moved) {
        moved = 0;
        for (int q = 0; q < np; q++) {
            int i = order ? np - 1 - q : q, rc = 1;

            while (p[i].used && !p[i].dead && !p[i].done && rc == 1) {
                rc = step(i);
                p[i].done = rc == 2;
                moved |= rc != 0;
                if (order == 2)
                    break;
            }
        }
    }
    for (int i = 0; i < np; i++) {
        if (!p[i].used || p[i].done)
            continue;
        left++;
        print_error("process %u waits at byte %zu of its list\n", p[i].pid,
                    p[i].pos);
    }
    assert_int_equal(left, 0); /* else they wait for each other */
}

static int is(uint32_t real, uint32_t want, int32_t outside)
{
    return real == want || (real == REAL_OUT && want == (uint32_t)outside);
}

static void compare(const struct row *t, size_t n)
{
    size_t there = 0;

    for (int i = 0; i < np; i++)
        there += p[i].used;
    for (size_t i = 0; i < n; i++) {
        int k = find_pid(t[i].vpid);
        uint32_t parent;

        if (t[i].vppid == 0 && t[i].kind != SAVED && t[i].kind != REEXEC) {
            there++; /* reaped from outside */
            continue;
        }
        assert_true(k >= 0);
        parent = p[k].parent < 0 ? 0 : p[p[k].parent].pid;
        assert_int_equal(parent, t[i].vppid);
        assert_true(is(p[k].pgid, t[i].vpgid, plan.out_pgid) ||
                    is(p[k].pgid, t[i].vpgid, plan.out_sid));
        assert_true(is(p[k].sid, t[i].vsid, plan.out_sid));
        assert_int_equal(p[k].dead,
                         t[i].kind == ZOMBIE || t[i].kind == STANDIN);
    }
    assert_int_equal(there, n);
}

static int make(const struct row *t, size_t n, char *why, size_t cap)
{
    static struct ck_proc proc[MAX];
    static struct ck_blob env[MAX];
    struct ck_tree_image img = {.proc = proc, .nproc = n};
    struct ck_plan_facts facts = {.set_dir = "/d/set-000001", .env = env};

    memset(proc, 0, sizeof(proc));
    for (size_t i = 0; i < n; i++) {
        proc[i] = (struct ck_proc){.vpid = t[i].vpid,
                                   .vppid = t[i].vppid,
                                   .vpgid = t[i].vpgid,
                                   .vsid = t[i].vsid,
                                   .kind = t[i].kind,
                                   .exe = "/bin/x",
                                   .cwd = "/",
                                   .comm = "x",
                                   .image = "proc.t.1.img"};
        if (t[i].kind == ZOMBIE)
            proc[i].status = 3 << 8;
    }
    img.tree = (struct ck_tree){.tree = "t", .root_vpid = t[0].vpid,
                                .stdio = ""};
    img.tree.out_pgid = t[0].vpgid;
    img.tree.out_sid = t[0].vsid;
    for (size_t i = 0; i < n; i++) {
        if (t[i].vpid == t[0].vpgid)
            img.tree.out_pgid = 0;
        if (t[i].vpid == t[0].vsid)
            img.tree.out_sid = 0;
    }
    return ck_plan_make(&plan, &img, &facts, why, cap);
}

static void same_tree(const struct row *t, size_t n)
{
    char why[256] = "";
    int rc = make(t, n, why, sizeof(why));

    if (rc)
        print_error("%s\n", why);
    assert_int_equal(rc, 0);
    for (int order = 0; order < 3; order++) {
        run(order);
        compare(t, n);
    }
    ck_plan_free(&plan);
}

#define TREE(...)                                               \
    do {                                                        \
        static const struct row t_[] = {__VA_ARGS__};           \
        same_tree(t_, sizeof(t_) / sizeof(t_[0]));              \
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

TEST(a_deep_chain_of_sessions)
{
    UNUSED;
    TREE({10, 0, OUT, OUT, SAVED}, {11, 10, 11, 11, SAVED},
         {12, 11, 12, 12, SAVED}, {13, 12, 13, 13, SAVED},
         {14, 13, 12, 12, SAVED}, {15, 12, 11, 11, SAVED});
}

TEST(a_parent_that_descends_from_its_child_is_damage)
{
    static const struct row t[] = {{10, 0, OUT, OUT, SAVED},
                                   {11, 12, OUT, OUT, SAVED},
                                   {12, 11, OUT, OUT, SAVED}};
    char why[256] = "";

    UNUSED;
    assert_true(make(t, 3, why, sizeof(why)) < 0);
    assert_true(strlen(why) > 0);
}

TEST(two_processes_with_one_number_are_damage)
{
    static const struct row t[] = {{10, 0, OUT, OUT, SAVED},
                                   {11, 10, OUT, OUT, SAVED},
                                   {11, 10, OUT, OUT, SAVED}};
    char why[256] = "";

    UNUSED;
    assert_true(make(t, 3, why, sizeof(why)) < 0);
}

TEST(every_number_is_in_the_table_once)
{
    static const struct row t[] = {{10, 0, OUT, OUT, SAVED},
                                   {12, 10, 15, OUT, SAVED},
                                   {11, 10, 11, 11, ZOMBIE}};
    static const int32_t want[] = {OUT, 10, 11, 12, 15};
    char why[256] = "";

    UNUSED;
    assert_int_equal(make(t, 3, why, sizeof(why)), 0);
    assert_int_equal(plan.nnumbers, 5);
    assert_memory_equal(plan.numbers, want, sizeof(want));
    ck_plan_free(&plan);
}

/* Random trees, made by the same rules that real ones are made by. */
static uint32_t seed;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % n;
}

struct life {
    struct row r;
    int alive;
};

static void live(struct life *l, int *n, uint32_t *next)
{
    int i = (int)rnd((uint32_t)*n), k;

    if (!l[i].alive || l[i].r.kind == ZOMBIE)
        return;
    switch (rnd(6)) {
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
            l[i].r.vsid != l[i].r.vpid)
            l[i].r.vpgid = l[k].r.vpgid;
        break;
    case 3:
        if (i == 0)
            break;
        for (k = 0; k < *n; k++) {
            if (l[k].alive && l[k].r.vppid == l[i].r.vpid) {
                l[k].r.vppid = 0;
                if (l[k].r.kind == ZOMBIE)
                    l[k].alive = 0;
            }
        }
        if (l[i].r.vppid && rnd(2))
            l[i].r.kind = ZOMBIE;
        else
            l[i].alive = 0;
        break;
    default:
        if (*n < 24) {
            l[*n] = l[i];
            l[*n].r.vppid = l[i].r.vpid;
            l[*n].r.vpid = (*next)++;
            (*n)++;
        }
    }
}

TEST(trees_that_lived_at_random)
{
    UNUSED;
    for (uint32_t s = 1; s <= 3000; s++) {
        struct life l[24] = {{{10, 0, OUT, OUT, SAVED}, 1}};
        struct row t[24];
        uint32_t next = 11;
        int n = 1, k = 0;

        seed = s;
        for (int i = 0; i < 80; i++)
            live(l, &n, &next);
        for (int i = 0; i < n; i++)
            if (l[i].alive)
                t[k++] = l[i].r;
        for (int i = 0; getenv("T_VERBOSE") && i < k; i++)
            print_message("%u: {%u, %u, %u, %u, %u},\n", s, t[i].vpid,
                          t[i].vppid, t[i].vpgid, t[i].vsid, t[i].kind);
        same_tree(t, (size_t)k);
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
        cmocka_unit_test(a_deep_chain_of_sessions),
        cmocka_unit_test(a_parent_that_descends_from_its_child_is_damage),
        cmocka_unit_test(two_processes_with_one_number_are_damage),
        cmocka_unit_test(every_number_is_in_the_table_once),
        cmocka_unit_test(trees_that_lived_at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
