/* test_given.c - what a root was given, by its identities. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/image/stdio.h"

static void what_was_given_is_known_again_by_its_identity(void **state)
{
    struct ck_given v[4];
    uint32_t no[8];
    char ids[CK_STDIO_MAX];
    struct stat st;
    int p[2], q[2];

    (void)state;
    assert_true(pipe(p) == 0 && pipe(q) == 0);
    v[0] = (struct ck_given){1, p[1]};
    v[1] = (struct ck_given){15, q[0]};
    v[2] = (struct ck_given){150, p[1]};
    v[3] = (struct ck_given){160, -1};
    assert_true(ck_given_ids(v, 4, ids, sizeof(ids)) > 0);
    assert_null(strstr(ids, "160"));
    assert_int_equal(fstat(p[0], &st), 0);
    assert_int_equal(ck_given_numbers(ids, &st, no, 8), 2);
    assert_true(no[0] == 1 && no[1] == 150);
    assert_int_equal(ck_given_numbers(ids, &st, no, 1), 1);
    assert_int_equal(fstat(q[1], &st), 0);
    assert_int_equal(ck_given_numbers(ids, &st, no, 8), 1);
    assert_int_equal(no[0], 15);
    assert_int_equal(ck_given_numbers("", &st, no, 8), 0);
    assert_int_equal(ck_given_ids(v, 4, ids, 20), -ENAMETOOLONG);
}

/* Of what is above 2 only pipes, sockets and terminals, and not what exec is
 * to close. */
static void only_what_leads_outside_is_noted(void **state)
{
    struct ck_given v[CK_GIVEN_MAX];
    int p[2], file = open("/proc/self/exe", O_RDONLY), seen = 0;
    size_t n;

    (void)state;
    assert_true(file > 2 && pipe(p) == 0);
    assert_int_equal(fcntl(p[1], F_SETFD, FD_CLOEXEC), 0);
    n = ck_given_here(v, CK_GIVEN_MAX);
    for (size_t i = 0; i < n; i++) {
        assert_true(v[i].fd == (int)v[i].number && v[i].fd != file &&
                    v[i].fd != p[1]);
        seen += v[i].fd == p[0];
    }
    assert_int_equal(seen, 1);
    assert_int_equal(ck_given_here(v, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_given_is_known_again_by_its_identity),
        cmocka_unit_test(only_what_leads_outside_is_noted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
