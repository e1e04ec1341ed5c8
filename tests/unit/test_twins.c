/*
 * test_twins.c - two trees that were given one name.
 */
#include "tests/unit/fake.h"

static struct fake *root(uint32_t pid, uint64_t start, const char *node,
                         const char *tree)
{
    struct fake *p = peer(CK_ROLE_PROCESS);

    SEND(p, register, REGISTER, .pid = pid, .start = start, .vpid = pid,
         .kind = CK_KIND_SAVED, .root = 1, .node = node, .tree = tree,
         .command = "prog");
    get(p, CK_MSG_WELCOME);
    return p;
}

static void refused(const char *a, const char *b)
{
    struct fake *c = asks(0);
    char text[256];

    assert_int_equal(final(c, text), -EIO);
    assert_non_null(strstr(text, a));
    assert_non_null(strstr(text, b));
    assert_non_null(strstr(text, "both started as tree main"));
    leave(c);
}

static void roots_on_two_nodes_are_both_named(void **state)
{
    struct fake *p, *q;

    (void)state;
    start(NULL);
    p = root(10, 5, "n1", "main");
    q = root(10, 5, "n2", "main");
    refused("pid 10 on n1", "pid 10 on n2");
    quiet(p); /* nobody was stopped for it */
    quiet(q);
    leave(q);
    leave(p);
}

static void who_was_there_before_a_root_is_of_another_tree(void **state)
{
    struct fake *p, *q;

    (void)state;
    start(NULL);
    p = peer(CK_ROLE_PROCESS); /* a root that executes another program */
    SEND(p, register, REGISTER, .pid = 10, .start = 5, .vpid = 10,
         .kind = CK_KIND_SAVED, .node = "n1", .tree = "main",
         .command = "prog");
    get(p, CK_MSG_WELCOME);
    q = root(11, 6, "n1", "main");
    refused("pid 10 on n1", "pid 11 on n1");
    leave(p);
    leave(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(roots_on_two_nodes_are_both_named),
        T(who_was_there_before_a_root_is_of_another_tree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
