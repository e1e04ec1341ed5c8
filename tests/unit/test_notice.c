/* test_notice.c - when a user is told that checkpoints fail, and that they do
 * not any more. */
#include "tests/unit/fake.h"

static int told(const char *text)
{
    return times_in("journal", text);
}

/* retry: it will be tried again by itself, and nobody waits for that. */
static void fails(struct fake *p, int retry)
{
    struct fake *c = peer(CK_ROLE_CONTROL);

    SEND(c, command, COMMAND, .cmd = CK_CMD_CHECKPOINT);
    cannot_be_saved(p, retry);
    assert_int_equal(final(c, NULL), -EIO);
    leave(c);
    quiet(p); /* and all of it is done */
}

static void the_first_failure_is_told_and_the_next_are_not(void **state)
{
    struct fake *p;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    fails(p, 0);
    fails(p, 0);
    assert_int_equal(told(" warning text=unprotected, no checkpoint has "
                          "succeeded yet: checkpoint 1: prog (pid 10 on n1): "
                          "descriptor 5 is a socket"), 1);
    assert_int_equal(told(" warning text="), 1);
    leave(p);
}

static void what_is_tried_again_is_not_told_yet(void **state)
{
    struct fake *p;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    fails(p, 1);
    assert_int_equal(told(" warning text="), 0);
    leave(p);
}

static void it_is_told_again_when_the_pause_is_over(void **state)
{
    static const char *const soon[] = {"--limit-remind", "0.001", NULL};
    struct fake *p;

    (void)state;
    start(soon);
    p = process(10, CK_KIND_SAVED, 1, "main");
    checkpoint(p, 10);
    fails(p, 0);
    usleep(20000);
    fails(p, 0);
    assert_int_equal(told(", the newest image set is 1 of "), 2);
    leave(p);
}

static void that_it_is_over_is_told_once(void **state)
{
    struct fake *p;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    checkpoint(p, 10);
    fails(p, 0);
    assert_int_equal(told("protected again"), 0);
    checkpoint(p, 10);
    checkpoint(p, 10);
    assert_int_equal(told("protected again: image set 3 is committed"), 1);
    assert_int_equal(told("protected again"), 1);
    leave(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_first_failure_is_told_and_the_next_are_not),
        T(what_is_tried_again_is_not_told_yet),
        T(it_is_told_again_when_the_pause_is_over),
        T(that_it_is_over_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
