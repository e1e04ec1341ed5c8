/* test_undo.c - notes of opened files: what a restart takes of them. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/undo.h"
#include "lib/image/sum.h"

#define TEST(name) static void name(void **state)

static char dir[200];

static const char *in_dir(const char *name)
{
    static char path[400];

    snprintf(path, sizeof(path), "%s/undo/%s", dir, name);
    return path;
}

static int there(const char *name)
{
    return access(in_dir(name), F_OK) == 0;
}

static void append(const char *name, const void *p, size_t n)
{
    int fd = open(in_dir(name), O_WRONLY | O_APPEND);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    close(fd);
}

/* As a process of the tree does it. */
static void note(const char *tree, const char *path, uint64_t ino,
                 uint64_t size)
{
    struct ck_undo_note n = {.ino = ino, .size = size, .path = path};
    uint64_t buf[CK_UNDO_NOTE_MAX / 8];
    char now[100];

    snprintf(now, sizeof(now), "now.%s", tree);
    append(now, buf, ck_undo_put(buf, sizeof(buf), &n));
}

static void start(const char *tree, uint32_t after)
{
    struct ck_err e;

    assert_int_equal(ck_undo_start(dir, tree, after, &e), 0);
}

/* "path size" of each that a restart from `from` looks at, in order. */
static const char *from(uint32_t set, const char *tree)
{
    static char text[2000];
    struct ck_undo_list l;
    struct ck_err e;
    size_t n = 0;

    text[0] = '\0';
    assert_int_equal(ck_undo_read(dir, tree, set, &l, &e), 0);
    for (size_t i = 0; i < l.n; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %llu\n",
                              l.item[i].note.path,
                              (unsigned long long)l.item[i].note.size);
    ck_undo_free(&l);
    return text;
}

static int setup(void **state)
{
    int rc = unit_dir_setup(state);

    snprintf(dir, sizeof(dir), "%s", (char *)*state);
    return rc;
}

TEST(a_note_is_read_as_it_was_written)
{
    struct ck_undo_note a = {3, 1, 2, 3, 4, 5, "/x/y"}, b;
    uint64_t buf[100];
    size_t n = ck_undo_put(buf, sizeof(buf), &a), pos = 0;

    (void)state;
    assert_true(n && n % 8 == 0);
    assert_int_equal(ck_undo_next(buf, n, &pos, &b), 1);
    assert_string_equal(b.path, "/x/y");
    assert_true(a.flags == b.flags && a.dev == b.dev && a.ino == b.ino &&
                a.born == b.born && a.size == b.size && a.data == b.data);
    assert_int_equal(ck_undo_next(buf, n, &pos, &b), 0);
    assert_int_equal(ck_undo_put(buf, n - 1, &a), 0);
}

TEST(a_path_that_is_too_long_is_not_written)
{
    static char path[CK_UNDO_NOTE_MAX], buf[2 * CK_UNDO_NOTE_MAX];
    struct ck_undo_note n = {.path = path};

    (void)state;
    memset(path, 'a', sizeof(path) - 1);
    assert_int_equal(ck_undo_put(buf, sizeof(buf), &n), 0);
}

TEST(what_is_cut_off_or_damaged_is_passed_over)
{
    static uint8_t b[1000];
    struct ck_undo_note n = {.ino = 1, .path = "/first"}, got;
    size_t one = ck_undo_put(b, 500, &n), len, pos = 0;

    (void)state;
    /* a disk that is full cuts a note anywhere */
    for (size_t cut = 1; cut < one; cut++) {
        n.path = "/second";
        n.ino = 2;
        len = cut + ck_undo_put(b + cut, 500, &n);
        pos = 0;
        assert_int_equal(ck_undo_next(b, len, &pos, &got), 1);
        assert_string_equal(got.path, "/second");
        assert_int_equal(ck_undo_next(b, len, &pos, &got), 0);
        assert_int_equal(ck_undo_next(b, len - 1, &(size_t){0}, &got), 0);
        n.path = "/first";
        n.ino = 1;
        ck_undo_put(b, 500, &n);
    }
    for (size_t i = 0; i < one; i++) {
        b[i] ^= 0x40;
        assert_int_equal(ck_undo_next(b, one, &(size_t){0}, &got), 0);
        b[i] ^= 0x40;
    }
}

TEST(a_file_is_known_by_all_that_identifies_it)
{
    uint64_t buf[100];
    struct ck_undo_note n = {.dev = 1, .ino = 2, .born = 3, .path = "/f"};
    size_t len = ck_undo_put(buf, sizeof(buf), &n);

    (void)state;
    len += ck_undo_put(buf + len / 8, sizeof(buf) - len, &n);
    assert_int_equal(ck_undo_has(buf, len, &n), 1);
    assert_int_equal(ck_undo_has(buf + 1, len - 8, &n), 1);
    n.born = 4;
    assert_int_equal(ck_undo_has(buf, len, &n), 0);
    assert_int_equal(ck_undo_has(buf, 0, &n), 0);
}

TEST(the_sum_is_of_both_ends)
{
    static char b[100000], buf[CK_UNDO_BUF];
    uint64_t before, after;
    char path[300];
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "%s/data", dir);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, b, sizeof(b)), (ssize_t)sizeof(b));
    assert_int_equal(ck_undo_data(fd, 90000, buf, &before), 0);
    assert_int_equal(pwrite(fd, "x", 1, 90000), 1);
    assert_int_equal(ck_undo_data(fd, 90000, buf, &after), 0);
    assert_true(before == after);
    assert_int_equal(pwrite(fd, "x", 1, 89999), 1);
    assert_int_equal(ck_undo_data(fd, 90000, buf, &after), 0);
    assert_true(before != after);
    assert_int_equal(pwrite(fd, "\0x", 2, 89999), 2);
    assert_int_equal(pwrite(fd, "x", 1, 10), 1);
    assert_int_equal(ck_undo_data(fd, 90000, buf, &after), 0);
    assert_true(before != after);
    assert_true(ck_undo_data(fd, 200000, buf, &after) < 0);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), (off_t)sizeof(b));
    close(fd);
}

TEST(the_first_note_after_the_set_counts)
{
    (void)state;
    assert_string_equal(from(1, NULL), "");
    start("main", 1);
    note("main", "/log", 7, 10);
    start("main", 2);
    note("main", "/log", 7, 20);
    note("main", "/other", 8, 5);
    start("main", 3); /* this one was given up */
    start("main", 4);
    note("main", "/log", 7, 40);
    note("main", "/log", 9, 0); /* made anew */
    assert_string_equal(from(1, NULL), "/log 10\n/log 0\n/other 5\n");
    assert_string_equal(from(2, NULL), "/log 20\n/log 0\n/other 5\n");
    assert_string_equal(from(3, NULL), "/log 40\n/log 0\n");
    assert_string_equal(from(5, NULL), "");
}

/* It lives through no later checkpoint: its notes are older than those. */
TEST(a_tree_that_has_ended_counts_for_sets_before_it)
{
    (void)state;
    start("main", 1);
    start("srun-9.0", 1);
    note("srun-9.0", "/out", 7, 10);
    start("main", 2);
    note("main", "/out", 7, 30);
    assert_string_equal(from(1, NULL), "/out 30\n/out 10\n");
    assert_string_equal(from(1, "srun-9.0"), "/out 10\n");
    assert_string_equal(from(2, NULL), "/out 30\n");
    assert_string_equal(from(1, "9.0"), "");
}

TEST(what_no_set_needs_is_removed)
{
    (void)state;
    start("main", 1);
    note("main", "/a", 1, 1);
    start("old", 1);
    start("main", 2);
    note("main", "/b", 1, 1);
    start("main", 3);
    assert_true(there("1.main") && there("2.main"));
    ck_undo_prune(dir, 2);
    assert_true(!there("1.main") && !there("now.old"));
    assert_true(there("2.main") && there("now.main"));
    assert_string_equal(from(2, NULL), "/b 1\n");
}

/* As after a restart of which nobody has noted anything. */
TEST(nothing_is_set_aside_for_nothing)
{
    (void)state;
    start("main", 1);
    start("main", 2);
    assert_true(!there("1.main") && !there("new.main"));
    assert_true(ck_undo_started(dir, "main"));
    assert_false(ck_undo_started(dir, "mai"));
}

TEST(a_damaged_head_is_passed_over)
{
    int fd;

    (void)state;
    start("main", 3);
    note("main", "/a", 1, 1);
    fd = open(in_dir("now.main"), O_WRONLY);
    assert_int_equal(pwrite(fd, "\1", 1, 8), 1);
    close(fd);
    assert_string_equal(from(1, NULL), "");
    assert_int_equal(truncate(in_dir("now.main"), 20), 0);
    assert_string_equal(from(1, NULL), "");
    ck_undo_prune(dir, 100);
    start("main", 4);
    note("main", "/a", 1, 1);
    assert_string_equal(from(1, NULL), "/a 1\n");
}

TEST(a_tree_s_name_in_a_head_has_an_end)
{
    struct ck_undo_head h;

    (void)state;
    ck_undo_head_make(&h, "main", 3);
    assert_true(ck_undo_head_ok(&h, sizeof(h)));
    assert_false(ck_undo_head_ok(&h, sizeof(h) - 1));
    memset(h.tree, 'x', sizeof(h.tree));
    h.sum = 0;
    h.sum = ck_sum64(&h, sizeof(h));
    assert_false(ck_undo_head_ok(&h, sizeof(h)));
}

TEST(a_directory_that_can_t_be_written_is_named)
{
    struct ck_err e;
    char path[300];

    (void)state;
    snprintf(path, sizeof(path), "%s/undo", dir);
    assert_int_equal(symlink("/nowhere", path), 0);
    assert_true(ck_undo_start(dir, "main", 1, &e) < 0);
    assert_non_null(strstr(e.text, "/undo"));
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, setup, unit_dir_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_is_read_as_it_was_written),
        cmocka_unit_test(a_path_that_is_too_long_is_not_written),
        cmocka_unit_test(what_is_cut_off_or_damaged_is_passed_over),
        cmocka_unit_test(a_file_is_known_by_all_that_identifies_it),
        IN_DIR(the_sum_is_of_both_ends),
        IN_DIR(the_first_note_after_the_set_counts),
        IN_DIR(a_tree_that_has_ended_counts_for_sets_before_it),
        IN_DIR(what_no_set_needs_is_removed),
        IN_DIR(nothing_is_set_aside_for_nothing),
        IN_DIR(a_damaged_head_is_passed_over),
        cmocka_unit_test(a_tree_s_name_in_a_head_has_an_end),
        IN_DIR(a_directory_that_can_t_be_written_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
