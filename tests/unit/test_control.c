/* test_control.c - what who asks for a checkpoint is told, and when. */
#include "tests/unit/fake.h"

static struct fake *asks_and_goes(void)
{
    struct fake *c = peer(CK_ROLE_CONTROL);

    SEND(c, command, COMMAND, .cmd = CK_CMD_CHECKPOINT);
    return c;
}

static int status_has(const char *text)
{
    for (int i = 0; i < LIMIT_MS; i++, usleep(1000))
        if (times_in("status.json", text) > 0)
            return 1;
    return 0;
}

static void who_does_not_wait_hears_of_the_capture(void **state)
{
    struct fake *p, *c;
    char text[256];
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks_and_goes();
    assert_int_equal(GET(c, reply, REPLY).final, 0); /* it has begun */
    id = stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    quiet(c);
    captures(id, "main");
    snaps(p, id);
    get(p, CK_MSG_RESUME);
    assert_int_equal(final(c, text), 0);
    assert_non_null(strstr(text, "is captured"));
    assert_false(have("set-000001/MANIFEST"));
    writes(p, id, "proc.main.10.img");
    leave(c);
    leave(p);
}

static void who_does_not_wait_hears_why_it_failed(void **state)
{
    struct fake *p, *c;
    char text[256];

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks_and_goes();
    cannot_be_saved(p, 0);
    assert_int_equal(final(c, text), -EIO);
    assert_non_null(strstr(text, "descriptor 5 is a socket"));
    leave(c);
    leave(p);
}

static void status_says_since_when_they_fail(void **state)
{
    struct fake *p, *c;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    assert_true(status_has("\"failing_since\": null"));
    c = asks(0);
    cannot_be_saved(p, 0);
    assert_int_equal(final(c, NULL), -EIO);
    assert_true(status_has("\"failing_since\": 1"));
    leave(c);
    checkpoint(p, 10);
    assert_true(status_has("\"failing_since\": null"));
    leave(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(who_does_not_wait_hears_of_the_capture),
        T(who_does_not_wait_hears_why_it_failed),
        T(status_says_since_when_they_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
