/*
 * sim.c - see sim.h. It knows the kernel's rules: who may call setsid, which
 * group may be joined, who adopts orphans.
 */
#include "tests/unit/sim.h"

#include <string.h>

#include "lib/proto/messages.h"
#include "restart/ops.h"

#define REAL_OUT 905
#define MAX 256

enum { ZOMBIE = CK_KIND_ZOMBIE, REEXEC = CK_KIND_REEXEC,
       SAVED = CK_KIND_SAVED, STANDIN = CK_KIND_STANDIN };

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
struct ck_plan ck_sim_plan;

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
    assert_true(actor >= 0 && (size_t)actor < ck_sim_plan.nactor);
    *s = (struct sim){.used = 1, .actor = actor, .parent = maker};
    s->pid = ck_sim_plan.actor[actor].vpid ? ck_sim_plan.actor[actor].vpid : next_helper++;
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
        assert_true(pgid == (uint32_t)ck_sim_plan.out_pgid ||
                    pgid == (uint32_t)ck_sim_plan.out_sid);
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
    struct ck_actor *a = &ck_sim_plan.actor[p[i].actor];
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
        k = of_actor((int)x);
        assert_true(k >= 0 && p[k].parent == i);
        rc = p[k].dead;
        if (rc) {
            assert_int_equal(p[k].status, 0);
            p[k].used = 0;
        }
        break;
    case CK_OP_T_CORPSE:
        k = find_pid(x);
        assert_true(k < 0 || p[k].parent == i);
        rc = k >= 0 && p[k].dead;
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
        p[i].subreaper = (int)ck_get_uint(&b, 1);
        break;
    case CK_OP_T_EXIT:
        die(i, (int)x);
        rc = 2;
        break;
    case CK_OP_T_RESTORE:
        p[i].subreaper = 1; /* for all we know it was one */
        rc = 2;
        break;
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
    return real == want ||
           (real == REAL_OUT && (!want || want == (uint32_t)outside));
}

static void compare(const struct ck_sim_row *t, size_t n)
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
        assert_true(is(p[k].pgid, t[i].vpgid, ck_sim_plan.out_pgid) ||
                    is(p[k].pgid, t[i].vpgid, ck_sim_plan.out_sid));
        assert_true(is(p[k].sid, t[i].vsid, ck_sim_plan.out_sid));
        assert_int_equal(p[k].dead,
                         t[i].kind == ZOMBIE || t[i].kind == STANDIN);
    }
    assert_int_equal(there, n);
}

int ck_sim_plan_of(const struct ck_sim_row *t, size_t n, char *why, size_t cap)
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
    return ck_plan_make(&ck_sim_plan, &img, &facts, why, cap);
}

void ck_sim_same_tree(const struct ck_sim_row *t, size_t n)
{
    char why[256] = "";
    int rc = ck_sim_plan_of(t, n, why, sizeof(why));

    if (rc)
        print_error("%s\n", why);
    assert_int_equal(rc, 0);
    for (int order = 0; order < 3; order++) {
        run(order);
        compare(t, n);
    }
    ck_plan_free(&ck_sim_plan);
}
