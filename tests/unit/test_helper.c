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

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_set_that_its_helper_rejects_is_not_committed),
        T(a_helper_that_ends_without_its_opinion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
