/*
 * test_helper.c - what a capture helper thinks of the images of its tree
 * decides whether the set is committed.
 */
#include "tests/unit/fake.h"

/* Up to the helper being asked what it thinks of all images of its tree. */
static struct fake *is_asked(struct fake *p, uint32_t *id)
{
    struct fake *h;

    *id = stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    h = peer(CK_ROLE_CAPTURE);
    SEND(h, capture_hello, CAPTURE_HELLO, .id = *id, .tree = "main");
    get(h, CK_MSG_CAPTURE_LIST);
    writes(h, *id, "tree.main.img");
    snaps(p, *id);
    get(p, CK_MSG_RESUME);
    quiet(h);
    writes(p, *id, "proc.main.10.img");
    assert_int_equal(GET(h, rehearse, REHEARSE).id, *id);
    return h;
}

static void a_set_that_its_helper_rejects_is_not_committed(void **state)
{
    struct fake *p, *h, *c;
    char text[256];
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    h = is_asked(p, &id);
    quiet(p);
    assert_false(have("set-000001/MANIFEST"));
    SEND(h, failed, FAILED, .id = id, .phase = CK_PHASE_CAPTURE,
         .reason = "could not be restarted: it has no end");
    get(p, CK_MSG_ABORT);
    leave(h);
    assert_true(final(c, text) < 0);
    assert_non_null(strstr(text, "it has no end"));
    assert_false(have("set-000001/MANIFEST"));
    leave(p);
    leave(c);
}

static void a_helper_that_ends_without_its_opinion(void **state)
{
    struct fake *p, *h, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    h = is_asked(p, &id);
    leave(h);
    get(p, CK_MSG_ABORT);
    assert_false(have("set-000001/MANIFEST"));
    leave(p);
    leave(c);
}

/* Two of them, as the coordinator hangs up on one after the other. */
static void helpers_that_do_not_leave_are_hung_up_on(void **state)
{
    struct fake *p, *h[2], *c;
    char text[256];
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    id = stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    for (int i = 0; i < 2; i++) {
        h[i] = peer(CK_ROLE_CAPTURE);
        SEND(h[i], capture_hello, CAPTURE_HELLO, .id = id, .tree = "main");
        get(h[i], CK_MSG_CAPTURE_LIST);
    }
    get(p, CK_MSG_SNAPSHOT);
    SEND(p, failed, FAILED, .id = id, .phase = CK_PHASE_SNAPSHOT,
         .reason = "no memory");
    get(p, CK_MSG_ABORT);
    get(h[0], CK_MSG_ABORT);
    get(h[1], CK_MSG_ABORT);
    gone(h[0]);
    gone(h[1]);
    assert_true(final(c, text) < 0);
    leave(c);
    c = asks(0);
    stops(p, NULL, 0);
    leave(p);
    leave(c);
}

/* A process alone in a tree, and the tree's helper. */
struct tree {
    struct fake *p, *h;
    uint32_t pid;
    const char *name, *node;
};

static void compares(struct tree *t, uint32_t id, const char *names, size_t n)
{
    struct ck_msg_rehearse m = GET(t->h, rehearse, REHEARSE);

    assert_int_equal(m.trees.n, n);
    assert_memory_equal(m.trees.p, names, n);
    SEND(t->h, rehearsed, REHEARSED, .id = id);
}

/* Tasks of other nodes may be elsewhere at a restart; who is none comes along
 * with all others that are none. */
static void one_helper_of_each_node_compares(void **state)
{
    static const char here[] = "main\0srun-5.0", there[] = "main\0srun-5.1";
    struct tree t[] = {{.pid = 10, .name = "main", .node = "n1"},
                       {.pid = 11, .name = "srun-5.0", .node = "n1"},
                       {.pid = 12, .name = "srun-5.1", .node = "n2"}};
    struct fake *c;
    uint32_t id = 0;
    char file[64];

    (void)state;
    start(NULL);
    for (int i = 0; i < 3; i++) {
        t[i].p = peer(CK_ROLE_PROCESS);
        SEND(t[i].p, register, REGISTER, .pid = t[i].pid, .vpid = t[i].pid,
             .kind = CK_KIND_SAVED, .root = 1, .node = t[i].node,
             .tree = t[i].name, .command = "prog");
        get(t[i].p, CK_MSG_WELCOME);
    }
    c = asks(0);
    for (int i = 0; i < 3; i++)
        id = stops(t[i].p, NULL, 0);
    for (int i = 0; i < 3; i++)
        get(t[i].p, CK_MSG_CAPTURE);
    for (int i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "tree.%s.img", t[i].name);
        t[i].h = peer(CK_ROLE_CAPTURE);
        SEND(t[i].h, capture_hello, CAPTURE_HELLO, .id = id,
             .tree = t[i].name);
        get(t[i].h, CK_MSG_CAPTURE_LIST);
        writes(t[i].h, id, file);
        snaps(t[i].p, id);
    }
    for (int i = 0; i < 3; i++) {
        get(t[i].p, CK_MSG_RESUME);
        snprintf(file, sizeof file, "proc.%s.%u.img", t[i].name, t[i].pid);
        writes(t[i].p, id, file);
    }
    compares(&t[0], id, here, sizeof here);
    compares(&t[1], id, "", 0);
    compares(&t[2], id, there, sizeof there);
    assert_int_equal(final(c, NULL), 0);
    for (int i = 0; i < 3; i++) {
        leave(t[i].h);
        leave(t[i].p);
    }
    leave(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_set_that_its_helper_rejects_is_not_committed),
        T(a_helper_that_ends_without_its_opinion),
        T(helpers_that_do_not_leave_are_hung_up_on),
        T(one_helper_of_each_node_compares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
