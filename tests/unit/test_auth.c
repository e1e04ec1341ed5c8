/* test_auth.c - keys, macs and addresses. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/proto/addr.h"
#include "lib/proto/auth.h"

static uint8_t key[CK_KEY_SIZE];
static char why[256], path[128];

static const char *key_file(void **state, const char *text, mode_t mode)
{
    int fd;

    snprintf(path, sizeof path, "%s/key", (char *)*state);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    return path;
}

#define GOOD "00112233445566778899aabbccddeeff"

static void a_key_is_read(void **state)
{
    assert_int_equal(ck_auth_load_key(key_file(state, GOOD "\n", 0600), key,
                                      why, sizeof why), 0);
    for (unsigned i = 0; i < CK_KEY_SIZE; i++)
        assert_int_equal(key[i], 0x11 * i);
}

static void a_key_that_others_can_read_is_refused(void **state)
{
    assert_int_equal(ck_auth_load_key(key_file(state, GOOD "\n", 0640), key,
                                      why, sizeof why), -EPERM);
    assert_non_null(strstr(why, "0600"));
}

static void a_key_behind_a_link_is_refused(void **state)
{
    char link[160];

    key_file(state, GOOD "\n", 0600);
    snprintf(link, sizeof link, "%s/link", (char *)*state);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(ck_auth_load_key(link, key, why, sizeof why), -ELOOP);
}

static void a_fifo_does_not_hold_us_up(void **state)
{
    snprintf(path, sizeof path, "%s/fifo", (char *)*state);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ck_auth_load_key(path, key, why, sizeof why), -EPERM);
}

static void a_malformed_key_is_refused(void **state)
{
    static const char *const bad[] = {"", "\n", "00", GOOD "00", GOOD "\n\n",
                                      "g0112233445566778899aabbccddeeff"};

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ck_auth_load_key(key_file(state, bad[i], 0600), key,
                                          why, sizeof why), -EBADMSG);
}

static void every_input_changes_the_mac(void **state)
{
    uint8_t k[16] = {1}, a[16] = {2}, b[16] = {3}, m0[16], m[16];

    (void)state;
    ck_auth_mac(m0, k, 'S', 1, a, b);
    ck_auth_mac(m, k, 'S', 1, a, b);
    assert_true(ck_auth_equal(m0, m));
    ck_auth_mac(m, k, 'C', 1, a, b);
    assert_false(ck_auth_equal(m0, m));
    ck_auth_mac(m, k, 'S', 2, a, b);
    assert_false(ck_auth_equal(m0, m));
    ck_auth_mac(m, k, 'S', 1, b, a);
    assert_false(ck_auth_equal(m0, m));
    a[15] ^= 1;
    ck_auth_mac(m, k, 'S', 1, a, b);
    assert_false(ck_auth_equal(m0, m));
    a[15] ^= 1;
    k[15] ^= 1;
    ck_auth_mac(m, k, 'S', 1, a, b);
    assert_false(ck_auth_equal(m0, m));
}

static void macs_differ_by_any_byte(void **state)
{
    uint8_t a[16] = {0}, b[16] = {0};

    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        b[i] = 0x80;
        assert_false(ck_auth_equal(a, b));
        b[i] = 0;
    }
    assert_true(ck_auth_equal(a, b));
}

static void random_bytes_differ(void **state)
{
    uint8_t a[16] = {0}, b[16] = {0};

    (void)state;
    assert_int_equal(ck_auth_random(a, 16), 0);
    assert_int_equal(ck_auth_random(b, 16), 0);
    assert_memory_not_equal(a, b, 16);
}

static void addresses_of_both_families_are_read(void **state)
{
    char line[] = "10.1.2.3,fe80::1:2,::1,1:2:3:4:5:6:7:8,::,a:: 513 99 n1\n";
    struct ck_addr a[8];

    (void)state;
    assert_int_equal(ck_addr_parse(line, a, 8), 6);
    assert_int_equal(a[0].family, AF_INET);
    assert_int_equal(ntohl(a[0].sa.in.sin_addr.s_addr), 0x0a010203);
    assert_int_equal(ntohs(a[0].sa.in.sin_port), 513);
    for (unsigned i = 1; i < 6; i++) {
        static const char *const want[] = {
            "", "fe80000000000000" "0000000000010002",
            "0000000000000000" "0000000000000001",
            "0001000200030004" "0005000600070008",
            "0000000000000000" "0000000000000000",
            "000a000000000000" "0000000000000000",
        };
        char hex[33];

        for (unsigned k = 0; k < 16; k++)
            snprintf(hex + 2 * k, 3, "%02x",
                     a[i].sa.in6.sin6_addr.s6_addr[k]);
        assert_string_equal(hex, want[i]);
        assert_int_equal(ntohs(a[i].sa.in6.sin6_port), 513);
    }
    assert_null(strchr(line, '\n'));
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = {
        "", " ", "localhost 1 2 n", "1.2.3 1 2 n", "1.2.3.256 1 2 n",
        "1.2.3.4", "1.2.3.4 ", "1.2.3.4 0 2 n", "1.2.3.4 65536 2 n",
        "1.2.3.4 80", "1.2.3.4, 80 2 n", "1.2.3.4.5 80 2 n", "1::2::3 1 2 n",
        "1:2:3:4:5:6:7 1 2 n", "1:2:3:4:5:6:7:8:9 1 2 n", "12345:: 1 2 n",
        "1: 1 2 n", ": 1 2 n", "1.2.3.4;80 2 n",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ck_addr a[2];
        char line[64];

        snprintf(line, sizeof line, "%s", bad[i]);
        if (ck_addr_parse(line, a, 2) >= 0)
            fail_msg("accepted: %s", bad[i]);
    }
}

static void more_addresses_than_room_are_left_out(void **state)
{
    char line[] = "1.1.1.1,2.2.2.2,3.3.3.3 80 1 n";
    struct ck_addr a[2];

    (void)state;
    assert_int_equal(ck_addr_parse(line, a, 2), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        unit_in_dir(a_key_is_read),
        unit_in_dir(a_key_that_others_can_read_is_refused),
        unit_in_dir(a_key_behind_a_link_is_refused),
        unit_in_dir(a_fifo_does_not_hold_us_up),
        unit_in_dir(a_malformed_key_is_refused),
        cmocka_unit_test(every_input_changes_the_mac),
        cmocka_unit_test(macs_differ_by_any_byte),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(addresses_of_both_families_are_read),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(more_addresses_than_room_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
