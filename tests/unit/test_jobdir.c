/* test_jobdir.c - job directories, their keys, addresses and names. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/env.h"
#include "lib/base/jobdir.h"

static char dir[CK_PATH], real[CK_PATH], other[CK_PATH];
static struct ck_err err;

/* Fixture: a fresh home, and D = home/work/d in it. */
static int setup(void **state)
{
    if (unit_dir_setup(state) != 0)
        return -1;
    ck_env_put("HOME", *state);
    ck_env_put("CKPT_DIR", NULL);
    snprintf(dir, sizeof(dir), "%s/work/d", (char *)*state);
    snprintf(other, sizeof(other), "%s/other", (char *)*state);
    return chdir(*state);
}

static int teardown(void **state)
{
    if (chdir("/") != 0)
        return -1;
    return unit_dir_teardown(state);
}

static void create_makes_a_closed_directory_with_a_key(void **state)
{
    uint8_t a[CK_KEY_BYTES], b[CK_KEY_BYTES];
    char path[CK_PATH + 8];
    struct stat st;

    (void)state;
    assert_int_equal(ck_jobdir_create(dir, real, &err), 0);
    assert_string_equal(real, dir);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    snprintf(path, sizeof(path), "%s/key", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 33);
    assert_int_equal(ck_jobdir_key(dir, a, &err), 0);
    /* once more: the key stays */
    assert_int_equal(ck_jobdir_create(dir, real, &err), 0);
    assert_int_equal(ck_jobdir_key(dir, b, &err), 0);
    assert_memory_equal(a, b, sizeof(a));
}

static void a_directory_open_to_others_is_refused(void **state)
{
    uint8_t key[CK_KEY_BYTES];

    (void)state;
    assert_int_equal(ck_jobdir_create(dir, real, &err), 0);
    chmod(dir, 0750);
    assert_int_equal(ck_jobdir_create(dir, real, &err), -EACCES);
    assert_non_null(strstr(err.text, "chmod 700"));
    assert_int_equal(ck_jobdir_check(dir, real, &err), -EACCES);
    assert_int_equal(ck_jobdir_key(dir, key, &err), -EACCES);
}

static void an_empty_directory_is_closed_to_others(void **state)
{
    char empty[CK_PATH + 8], file[CK_PATH + 16];
    struct stat st;

    (void)state;
    assert_int_equal(ck_jobdir_create(dir, real, &err), 0);
    snprintf(empty, sizeof(empty), "%s.new", dir);
    assert_int_equal(mkdir(empty, 0755), 0);
    assert_int_equal(ck_jobdir_check(empty, real, &err), -EACCES);
    assert_int_equal(ck_jobdir_create(empty, real, &err), 0);
    assert_int_equal(stat(empty, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    snprintf(file, sizeof(file), "%s/key", empty);
    assert_int_equal(unlink(file), 0);
    snprintf(file, sizeof(file), "%s/.x", empty);
    assert_int_equal(mkdir(file, 0755), 0);
    assert_int_equal(chmod(empty, 0755), 0);
    assert_int_equal(ck_jobdir_create(empty, real, &err), -EACCES);
    assert_non_null(strstr(err.text, "and not empty"));
    assert_true(rmdir(file) == 0 && rmdir(empty) == 0);
}

static void a_key_open_to_others_is_refused(void **state)
{
    uint8_t key[CK_KEY_BYTES];
    char path[CK_PATH + 8];

    (void)state;
    assert_int_equal(ck_jobdir_create(dir, real, &err), 0);
    snprintf(path, sizeof(path), "%s/key", dir);
    chmod(path, 0640);
    assert_int_equal(ck_jobdir_key(dir, key, &err), -EACCES);
}

static void a_damaged_key_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "0123\n", "0123456789abcdef0123456789abcdeg\n",
        "0123456789ABCDEF0123456789abcdef\n",
        "0123456789abcdef0123456789abcdef0\n"};
    uint8_t key[CK_KEY_BYTES];
    char path[CK_PATH + 8];

    (void)state;
    assert_int_equal(ck_jobdir_create(dir, real, &err), 0);
    snprintf(path, sizeof(path), "%s/key", dir);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        FILE *f = fopen(path, "w");

        fputs(bad[i], f);
        fclose(f);
        assert_int_equal(ck_jobdir_key(dir, key, &err), -EBADMSG);
    }
}

static void the_address_comes_back(void **state)
{
    struct ck_coord_addr a = {.port = 4711, .pid = 99}, b;

    (void)state;
    assert_int_equal(ck_jobdir_create(dir, real, &err), 0);
    assert_int_equal(ck_jobdir_addr_read(dir, &b, &err), -ENOENT);
    strcpy(a.host, "10.0.0.1,fe80::1");
    strcpy(a.node, "n1");
    assert_int_equal(ck_jobdir_addr_write(dir, &a, &err), 0);
    assert_int_equal(ck_jobdir_addr_read(dir, &b, &err), 0);
    assert_string_equal(b.host, a.host);
    assert_string_equal(b.node, "n1");
    assert_int_equal(b.port, 4711);
    assert_int_equal(b.pid, 99);
    assert_int_equal(ck_jobdir_addr_remove(dir), 0);
    assert_int_equal(ck_jobdir_addr_remove(dir), 0);
}

static void a_name_leads_to_the_directory(void **state)
{
    char found[CK_PATH];

    (void)state;
    assert_int_equal(ck_jobdir_create(dir, real, &err), 0);
    assert_int_equal(ck_jobdir_create(other, NULL, &err), 0);
    assert_int_equal(ck_jobdir_register("4711", dir, &err), 0);
    assert_int_equal(ck_jobdir_resolve("4711", found, &err), 0);
    assert_string_equal(found, dir);
    assert_int_equal(ck_jobdir_register("4711", other, &err), 0);
    assert_int_equal(ck_jobdir_resolve("4711", found, &err), 0);
    assert_string_equal(found, other);
    /* it leads elsewhere now: stays */
    assert_int_equal(ck_jobdir_unregister("4711", dir), 0);
    assert_int_equal(ck_jobdir_resolve("4711", found, &err), 0);
    assert_int_equal(ck_jobdir_unregister("4711", other), 0);
    assert_int_equal(ck_jobdir_resolve("4711", found, &err), -ENOENT);
}

static void bad_names_are_refused(void **state)
{
    static const char *const bad[] = {"", ".", "..", "a/b", "a b", ".x"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ck_jobdir_register(bad[i], "/tmp", &err), -EINVAL);
    assert_true(ck_name_ok("srun-12.3"));
}

static void nothing_means_the_variable_then_here_then_the_newest(void **state)
{
    char here[CK_PATH], found[CK_PATH];

    assert_int_equal(ck_jobdir_resolve(NULL, found, &err), -ENOENT);
    assert_int_equal(ck_jobdir_create(other, NULL, &err), 0);
    assert_int_equal(ck_jobdir_register("x", other, &err), 0);
    assert_int_equal(ck_jobdir_resolve(NULL, found, &err), 0);
    assert_string_equal(found, other);
    assert_int_equal(ck_jobdir_create("ckpt.app", here, &err), 0);
    assert_int_equal(ck_jobdir_resolve(NULL, found, &err), 0);
    assert_string_equal(found, here);
    assert_int_equal(ck_jobdir_resolve("app", found, &err), 0);
    assert_string_equal(found, here);
    assert_int_equal(ck_jobdir_create(dir, NULL, &err), 0);
    ck_env_put("CKPT_DIR", dir);
    assert_int_equal(ck_jobdir_resolve(NULL, found, &err), 0);
    assert_string_equal(found, dir);
    ck_env_put("CKPT_DIR", NULL);
    (void)state;
}

static void names_of_trees_are_given_once(void **state)
{
    char tree[128];

    (void)state;
    assert_int_equal(ck_jobdir_create(dir, NULL, &err), 0);
    assert_int_equal(ck_jobdir_claim_tree(dir, tree, sizeof(tree), &err), 0);
    assert_string_equal(tree, "main");
    assert_int_equal(ck_jobdir_claim_tree(dir, tree, sizeof(tree), &err), 0);
    assert_string_equal(tree, "main-2");
    ck_jobdir_forget_run(dir);
    assert_int_equal(ck_jobdir_claim_tree(dir, tree, sizeof(tree), &err), 0);
    assert_string_equal(tree, "main");
}

static void a_coordinator_is_found_by_its_address(void **state)
{
    struct ck_coord_addr a = {.port = 4711, .pid = 99};
    char found[CK_PATH];

    (void)state;
    assert_int_equal(ck_jobdir_create(dir, NULL, &err), 0);
    strcpy(a.host, "10.0.0.1,10.0.0.2");
    snprintf(a.node, sizeof(a.node), "%s", ck_env_node());
    assert_int_equal(ck_jobdir_addr_write(dir, &a, &err), 0);
    assert_int_equal(ck_jobdir_register("x", dir, &err), 0);
    assert_int_equal(ck_jobdir_by_addr("10.0.0.2:4711", found, &err), 0);
    assert_string_equal(found, dir);
    assert_int_equal(ck_jobdir_by_addr("localhost:4711", found, &err), 0);
    assert_int_equal(ck_jobdir_by_addr("10.0.0.3:4711", found, &err),
                     -ENOENT);
    assert_int_equal(ck_jobdir_by_addr("localhost:4712", found, &err),
                     -ENOENT);
    assert_int_equal(ck_jobdir_by_addr("4711", found, &err), -EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(create_makes_a_closed_directory_with_a_key),
        TEST(a_directory_open_to_others_is_refused),
        TEST(an_empty_directory_is_closed_to_others),
        TEST(a_key_open_to_others_is_refused),
        TEST(a_damaged_key_is_refused),
        TEST(the_address_comes_back),
        TEST(a_name_leads_to_the_directory),
        TEST(bad_names_are_refused),
        TEST(nothing_means_the_variable_then_here_then_the_newest),
        TEST(names_of_trees_are_given_once),
        TEST(a_coordinator_is_found_by_its_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
