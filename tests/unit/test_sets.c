/*
 * test_sets.c - which sets are there, which is the newest good one, and that
 * removing never leaves something that looks committed and is not.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/sets.h"
#include "lib/image/writer.h"

static uint8_t mem[64 * 1024], scratch[CK_IMGW_SCRATCH_SIZE];
static uint8_t data[100000];

static char *path(const char *dir, unsigned set, const char *file)
{
    static char buf[4][512];
    static unsigned n;
    char *p = buf[n++ % 4];

    snprintf(p, 512, "%s/set-%06u%s%s", dir, set, *file ? "/" : "", file);
    return p;
}

static int there(const char *p)
{
    struct stat st;

    return !stat(p, &st);
}

/* ino: images that differ in nothing else are of one size. */
static int prune(const char *dir, uint32_t keep)
{
    return ck_sets_prune(dir, keep, ck_sets_finished(dir, NULL), NULL, NULL,
                         NULL);
}

static void write_image(const char *p, uint64_t ino, uint64_t *bytes,
                            uint64_t *sum)
{
    struct ck_fd rec = {.vpid = 1, .fd = (uint32_t)ino};
    struct ck_run run = {0, sizeof(data)};
    struct ck_imgw w;
    struct ck_imgw_stream s;
    int fd = open(p, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7 >> 5);
    ck_imgw_begin(&w, fd, CK_IMAGE_TREE, mem, sizeof(mem));
    ck_imgw_stream(&w, &s, 0, 1);
    ck_imgw_block_buf(&w, &s, scratch, &run, 1, data);
    CK_IMGW_RECORD(&w, CK_TAG_FD, ck_fd, &rec);
    assert_int_equal(ck_imgw_finish(&w, bytes, sum), 0);
    close(fd);
}

static void write_manifest(const char *dir, unsigned number,
                           struct ck_manifest *m)
{
    size_t len;
    char *text = ck_manifest_format(m, &len);
    FILE *f = fopen(path(dir, number, "MANIFEST"), "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    free(text);
}

/* A set with two images; without a manifest unless it is committed. */
static void make_set(const char *dir, unsigned number, int commit)
{
    struct ck_manifest *m = ck_manifest_create();
    char file[32];

    assert_int_equal(mkdir(path(dir, number, ""), 0700), 0);
    m->number = number;
    for (unsigned i = 0; i < 2; i++) {
        struct ck_manifest_image *im = ck_manifest_add_image(m);

        snprintf(file, sizeof(file), "tree.t%u.img", i);
        im->file = strdup(file);
        im->kind = CK_IMAGE_TREE;
        write_image(path(dir, number, file), number * 10 + i, &im->bytes,
                        &im->checksum);
    }
    if (commit)
        write_manifest(dir, number, m);
    ck_manifest_destroy(m);
}

static void damage(const char *p, long at)
{
    int fd = open(p, O_RDWR | O_CLOEXEC);
    uint8_t c;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &c, 1, at), 1);
    c ^= 0x10;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
    close(fd);
}

static void sets_are_found_in_order(void **state)
{
    struct ck_sets s;
    char other[512];

    make_set(*state, 10, 1);
    make_set(*state, 2, 1);
    make_set(*state, 11, 0);
    snprintf(other, sizeof(other), "%s/set-x", (char *)*state);
    assert_int_equal(mkdir(other, 0700), 0);
    assert_int_equal(ck_sets_scan(*state, &s, NULL), 0);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.v[0].number, 2);
    assert_int_equal(s.v[1].number, 10);
    assert_true(s.v[1].committed);
    assert_int_equal(s.v[2].number, 11);
    assert_false(s.v[2].committed);
    assert_int_equal(ck_sets_newest(*state), 10);
    ck_sets_free(&s);
}

static void a_directory_that_is_not_there_has_no_sets(void **state)
{
    struct ck_sets s;

    (void)state;
    assert_int_equal(ck_sets_scan("/nonexistent/x", &s, NULL), 0);
    assert_int_equal(s.n, 0);
    assert_int_equal(ck_sets_newest("/nonexistent/x"), 0);
}

struct seen {
    unsigned files, bad, passed;
    uint32_t passed_number;
    char why[1024];
};

static void on_file(void *arg, const struct ck_manifest_image *im, int err,
                    const char *why)
{
    struct seen *s = arg;

    (void)im;
    (void)why;
    s->files++;
    s->bad += err != 0;
}

static void on_passed(void *arg, uint32_t number, const char *why)
{
    struct seen *s = arg;

    s->passed++;
    s->passed_number = number;
    snprintf(s->why, sizeof(s->why), "%s", why);
}

static void a_whole_set_verifies(void **state)
{
    struct seen seen = {0};
    struct ck_set_report rep = {.file = on_file, .arg = &seen};

    make_set(*state, 1, 1);
    assert_int_equal(ck_set_verify(*state, 1, &rep, NULL, NULL), 0);
    assert_int_equal(seen.files, 2);
    assert_int_equal(seen.bad, 0);
}

static void a_damaged_block_is_named(void **state)
{
    struct seen seen = {0};
    struct ck_set_report rep = {.file = on_file, .arg = &seen};
    struct ck_err e;

    make_set(*state, 1, 1);
    damage(path(*state, 1, "tree.t1.img"), 300);
    assert_int_equal(ck_set_verify(*state, 1, &rep, NULL, &e), -EBADMSG);
    assert_int_equal(seen.files, 2);
    assert_int_equal(seen.bad, 1);
    assert_non_null(strstr(e.text, "tree.t1.img"));
}

static void a_quick_look_does_not_read_blocks(void **state)
{
    struct ck_set_report rep = {.quick = 1};

    make_set(*state, 1, 1);
    damage(path(*state, 1, "tree.t1.img"), 300);
    assert_int_equal(ck_set_verify(*state, 1, &rep, NULL, NULL), 0);
}

static void a_missing_file_is_named(void **state)
{
    struct ck_err e;

    make_set(*state, 1, 1);
    assert_int_equal(unlink(path(*state, 1, "tree.t0.img")), 0);
    assert_int_equal(ck_set_verify(*state, 1, NULL, NULL, &e), -ENOENT);
    assert_non_null(strstr(e.text, "tree.t0.img is missing"));
}

/* Whole and of the right size, but not the one that was written. */
static void a_file_of_another_set_does_not_pass(void **state)
{
    struct ck_err e;

    make_set(*state, 1, 1);
    make_set(*state, 2, 1);
    assert_int_equal(rename(path(*state, 2, "tree.t0.img"),
                            path(*state, 1, "tree.t0.img")), 0);
    assert_int_equal(ck_set_verify(*state, 1, NULL, NULL, &e), -EBADMSG);
    assert_non_null(strstr(e.text, "is not the file that was written"));
}

static void remove_it(void *arg, const struct ck_manifest_image *im, int err,
                      const char *why)
{
    (void)im;
    (void)why;
    assert_int_equal(err, 0);
    assert_int_equal(ck_set_delete(arg, 1, NULL), 0);
}

/* After its first file was found good. */
static void a_set_that_goes_while_it_is_read_is_not_damaged(void **state)
{
    struct ck_set_report rep = {.file = remove_it, .arg = *state};

    make_set(*state, 1, 1);
    assert_int_equal(ck_set_verify(*state, 1, &rep, NULL, NULL), -ESTALE);
}

static void a_wrong_size_is_told(void **state)
{
    struct ck_err e;

    make_set(*state, 1, 1);
    assert_int_equal(truncate(path(*state, 1, "tree.t0.img"), 100), 0);
    assert_int_equal(ck_set_verify(*state, 1, NULL, NULL, &e), -EBADMSG);
    assert_non_null(strstr(e.text, "has 100 bytes instead of"));
}

static void a_manifest_of_another_set_is_refused(void **state)
{
    struct ck_manifest *m;
    struct ck_err e;

    make_set(*state, 1, 1);
    assert_int_equal(rename(path(*state, 1, ""), path(*state, 2, "")), 0);
    assert_int_equal(ck_set_manifest(*state, 2, &m, &e), -EBADMSG);
    assert_null(m);
}

static void the_newest_good_one_is_taken(void **state)
{
    struct ck_manifest *m;
    struct seen seen = {0};
    struct ck_err e;

    make_set(*state, 1, 1);
    make_set(*state, 2, 1);
    make_set(*state, 3, 1);
    make_set(*state, 4, 0);
    damage(path(*state, 3, "tree.t0.img"), 1);
    assert_int_equal(
        ck_sets_newest_good(*state, 0, on_passed, &seen, NULL, &m, &e), 0);
    assert_int_equal(m->number, 2);
    assert_int_equal(seen.passed, 1);
    assert_int_equal(seen.passed_number, 3);
    assert_non_null(strstr(seen.why, "tree.t0.img"));
    ck_manifest_destroy(m);
}

static void what_is_finished_is_passed_over(void **state)
{
    struct ck_manifest *m;
    struct ck_err e;
    int status = 0;

    make_set(*state, 1, 1);
    make_set(*state, 2, 1);
    assert_int_equal(ck_sets_finished(*state, NULL), 0);
    assert_int_equal(ck_sets_finish(*state, 2, 7 << 8, &e), 0);
    assert_int_equal(ck_sets_finished(*state, &status), 2);
    assert_int_equal(status, 7 << 8);
    assert_int_equal(ck_sets_newest_good(*state, 2, NULL, NULL, NULL, &m, &e),
                     -ENOENT);
    make_set(*state, 3, 1);
    assert_int_equal(ck_sets_newest_good(*state, 2, NULL, NULL, NULL, &m, &e),
                     0);
    assert_int_equal(m->number, 3);
    ck_manifest_destroy(m);
    ck_sets_reopen(*state);
    assert_int_equal(ck_sets_finished(*state, NULL), 0);
}

static void a_mark_that_is_cut_off_is_none(void **state)
{
    char p[600];
    FILE *f;

    snprintf(p, sizeof p, "%s/finished", (const char *)*state);
    f = fopen(p, "w");
    fputs("12", f);
    fclose(f);
    assert_int_equal(ck_sets_finished(*state, NULL), 0);
    unlink(p);
}

static void no_good_one_is_said(void **state)
{
    struct ck_manifest *m;
    struct ck_err e;

    make_set(*state, 1, 1);
    make_set(*state, 2, 0);
    damage(path(*state, 1, "MANIFEST"), 20);
    assert_int_equal(ck_sets_newest_good(*state, 0, NULL, NULL, NULL, &m, &e),
                     -ENOENT);
    assert_null(m);
    assert_non_null(strstr(e.text, "none of the 1"));
}

static void delete_removes_all_of_it(void **state)
{
    make_set(*state, 1, 1);
    make_set(*state, 2, 1);
    assert_int_equal(ck_set_delete(*state, 1, NULL), 0);
    assert_false(there(path(*state, 1, "")));
    assert_true(there(path(*state, 2, "MANIFEST")));
    assert_int_equal(ck_set_delete(*state, 1, NULL), -ENOENT);
}

/* Something that cannot be unlinked stops the deletion in the middle. */
static void half_deleted_is_not_committed(void **state)
{
    make_set(*state, 1, 1);
    assert_int_equal(mkdir(path(*state, 1, "a-directory"), 0700), 0);
    assert_true(ck_set_delete(*state, 1, NULL) < 0);
    assert_false(there(path(*state, 1, "MANIFEST")));
    assert_int_equal(ck_sets_newest(*state), 0);
}

static void prune_keeps_the_newest(void **state)
{
    for (unsigned i = 1; i <= 5; i++)
        make_set(*state, i, i != 2);
    make_set(*state, 6, 0); /* being written */
    assert_int_equal(prune(*state, 2), 0);
    assert_false(there(path(*state, 1, "")));
    assert_false(there(path(*state, 2, "")));
    assert_false(there(path(*state, 3, "")));
    assert_true(there(path(*state, 4, "MANIFEST")));
    assert_true(there(path(*state, 5, "MANIFEST")));
    assert_true(there(path(*state, 6, "tree.t0.img")));
}

/* They stay until there is one that a job goes on from. */
static void prune_removes_what_is_finished(void **state)
{
    for (unsigned i = 1; i <= 3; i++)
        make_set(*state, i, 1);
    assert_int_equal(ck_sets_finish(*state, 3, 0, NULL), 0);
    assert_int_equal(prune(*state, 2), 0);
    assert_false(there(path(*state, 1, "")));
    assert_true(there(path(*state, 2, "MANIFEST")));
    assert_true(there(path(*state, 3, "MANIFEST")));
    make_set(*state, 4, 0);
    assert_int_equal(prune(*state, 2), 0);
    assert_true(there(path(*state, 3, "MANIFEST")));
    make_set(*state, 5, 1);
    assert_int_equal(prune(*state, 2), 0);
    assert_false(there(path(*state, 2, "")));
    assert_false(there(path(*state, 3, "")));
    assert_true(there(path(*state, 5, "MANIFEST")));
}

static void prune_never_removes_the_last(void **state)
{
    make_set(*state, 1, 1);
    assert_int_equal(prune(*state, 0), 0);
    assert_true(there(path(*state, 1, "MANIFEST")));
}

static void prune_without_a_committed_set_removes_nothing(void **state)
{
    make_set(*state, 1, 0);
    assert_int_equal(prune(*state, 1), 0);
    assert_true(there(path(*state, 1, "")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        unit_in_dir(sets_are_found_in_order),
        unit_in_dir(a_directory_that_is_not_there_has_no_sets),
        unit_in_dir(a_whole_set_verifies),
        unit_in_dir(a_damaged_block_is_named),
        unit_in_dir(a_quick_look_does_not_read_blocks),
        unit_in_dir(a_missing_file_is_named),
        unit_in_dir(a_file_of_another_set_does_not_pass),
        unit_in_dir(a_set_that_goes_while_it_is_read_is_not_damaged),
        unit_in_dir(a_wrong_size_is_told),
        unit_in_dir(a_manifest_of_another_set_is_refused),
        unit_in_dir(the_newest_good_one_is_taken),
        unit_in_dir(what_is_finished_is_passed_over),
        unit_in_dir(a_mark_that_is_cut_off_is_none),
        unit_in_dir(no_good_one_is_said),
        unit_in_dir(delete_removes_all_of_it),
        unit_in_dir(half_deleted_is_not_committed),
        unit_in_dir(prune_keeps_the_newest),
        unit_in_dir(prune_removes_what_is_finished),
        unit_in_dir(prune_never_removes_the_last),
        unit_in_dir(prune_without_a_committed_set_removes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
