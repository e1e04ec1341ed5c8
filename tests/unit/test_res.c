/*
 * test_res.c - each kind of open file description, saved and loaded again
 * inside one process, with the saved bytes kept in memory.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include "lib/res/res.h"

#define OFDS 4
#define PIECES 32

/* ---- bytes in memory ---- */

static struct {
    uint32_t id;
    uint64_t off;
    size_t n;
    void *p;
} piece[PIECES];
static int pieces;

static int mem_open(struct ck_res_sink *s, uint32_t id, uint64_t n)
{
    (void)s;
    (void)id;
    (void)n;
    return 0;
}

static int mem_write(struct ck_res_sink *s, uint32_t id, uint64_t off,
                     const void *p, size_t n)
{
    (void)s;
    assert_true(pieces < PIECES && n <= CK_RES_PIECE);
    piece[pieces].id = id;
    piece[pieces].off = off;
    piece[pieces].n = n;
    piece[pieces].p = malloc(n);
    memcpy(piece[pieces++].p, p, n);
    return 0;
}

static int mem_read(struct ck_res_source *s, uint32_t id,
                    int (*put)(void *, uint64_t, const void *, size_t),
                    void *arg)
{
    int rc = 0;

    (void)s;
    for (int i = 0; !rc && i < pieces; i++)
        if (piece[i].id == id)
            rc = put(arg, piece[i].off, piece[i].p, piece[i].n);
    return rc;
}

/* ---- one saving, one loading ---- */

static struct ck_res_sink sink = {mem_open, mem_write};
static struct ck_res_source source = {mem_read};
static struct ck_res_ofd ofd[OFDS];
static char link_text[OFDS][4200];
static struct ck_ofd rec[OFDS];
static uint8_t body[OFDS][8192];
static int count;
static char why[900];
static struct ck_res_load load;
static struct ck_given given[8];
static uint8_t numbers[OFDS][4 * CK_RES_GIVEN];
static char dir[64];

static uint32_t no_terminal(const struct ck_res_save *c, pid_t pid)
{
    (void)c;
    (void)pid;
    return 0;
}

static int setup(void **state)
{
    if (unit_dir_setup(state))
        return -1;
    snprintf(dir, sizeof(dir), "%s", (char *)*state);
    while (pieces)
        free(piece[--pieces].p);
    memset(ofd, 0, sizeof(ofd));
    count = 0;
    load = (struct ck_res_load){.source = &source, .job_dir = dir,
                                .set_name = "set-000001",
                                .given = given, .why = why,
                                .whycap = sizeof(why)};
    why[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    ck_res_load_end(&load);
    return unit_dir_teardown(state);
}

static void path(char *buf, const char *name)
{
    snprintf(buf, 128, "%s/%s", dir, name);
}

static int make(const char *name, int flags, const char *text)
{
    char p[128];
    int fd;

    path(p, name);
    fd = open(p, flags | O_CREAT, 0600);
    assert_true(fd >= 0);
    if (text)
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

/* Describes fd as the capture helper would. */
static struct ck_res_ofd *see(int fd)
{
    struct ck_res_ofd *o = &ofd[count];
    char p[64];
    ssize_t n;

    snprintf(p, sizeof(p), "/proc/self/fd/%d", fd);
    n = readlink(p, link_text[count], sizeof(link_text[0]) - 1);
    assert_true(n > 0);
    link_text[count][n] = '\0';
    *o = (struct ck_res_ofd){.id = (uint32_t)++count, .pid = getpid(), .tid = getpid(),
                             .fd = fd, .link = link_text[count - 1],
                             .info = "", .lock = ""};
    o->flags = (unsigned)fcntl(fd, F_GETFL);
    o->pos = (uint64_t)lseek(fd, 0, SEEK_CUR);
    if (o->pos == UINT64_MAX)
        o->pos = 0;
    assert_int_equal(fstat(fd, &o->st), 0);
    return o;
}

static int save_all(void)
{
    int rc = 0;

    for (int i = 0; !rc && i < count; i++) {
        const struct ck_res *r = ck_res_match(&ofd[i]);
        struct ck_res_save c = {.sink = &sink, .foreground = no_terminal,
                                .all = ofd, .count = (size_t)count,
                                .why = why, .whycap = sizeof(why)};
        struct ck_wr w;

        assert_non_null(r);
        ck_wr_init(&w, body[i], sizeof(body[i]));
        rc = r->save(&c, &ofd[i], &w);
        rec[i] = (struct ck_ofd){.id = ofd[i].id,
                                 .kind = r->name,
                                 .flags = ofd[i].flags,
                                 .given = {numbers[i], 0},
                                 .body = {body[i], (uint32_t)w.len}};
        ck_wr_init(&w, numbers[i], sizeof(numbers[i]));
        for (size_t k = 0; c.outside && k < ofd[i].ngiven; k++)
            ck_put_uint(&w, ofd[i].given[k], 4);
        rec[i].given.n = c.outside ? (uint32_t)w.len : 0;
    }
    return rc;
}

/* The root was given it as that number. */
static struct ck_res_ofd *give(struct ck_res_ofd *o, uint32_t number)
{
    o->given[o->ngiven++] = number;
    return o;
}

/* The surroundings of the restart have this. */
static void have(uint32_t number, int fd)
{
    given[load.ngiven++] = (struct ck_given){number, fd};
}

/* Number of what takes the place of descriptor fd; -1: nothing. */
static int given_for(int i, int fd)
{
    const struct ck_given *g = ck_res_given(given, load.ngiven, &rec[i], fd);

    return g ? (int)g->number : -1;
}

static void save_file(int fd, const char *kind)
{
    see(fd);
    assert_int_equal(save_all(), 0);
    assert_string_equal(rec[count - 1].kind, kind);
}

static int check(int i)
{
    return ck_res_named(rec[i].kind)->check(&load, &rec[i]);
}

static int load_it(int i)
{
    int fd;

    assert_int_equal(check(i), 0);
    fd = ck_res_named(rec[i].kind)->load(&load, &rec[i]);
    if (fd < 0)
        print_error("%s\n", why);
    assert_true(fd >= 0);
    return fd;
}

static void holds(int fd, const char *want)
{
    char buf[256] = "";
    ssize_t n = read(fd, buf, sizeof(buf) - 1);

    assert_int_equal(n, (ssize_t)strlen(want));
    assert_string_equal(buf, want);
}

#define TEST(name) static void name(void **state)
#define UNUSED (void)state

TEST(a_file_is_at_its_offset)
{
    int fd = make("f", O_RDWR, "hello world");

    UNUSED;
    lseek(fd, 6, SEEK_SET);
    save_file(fd, "file");
    holds(load_it(0), "world");
}

TEST(what_was_written_since_is_cut_off_and_kept)
{
    int fd = make("out", O_WRONLY | O_APPEND, "one\n");
    char p[128];

    UNUSED;
    save_file(fd, "file");
    assert_int_equal(write(fd, "two\n", 4), 4);
    fd = load_it(0);
    assert_int_equal(lseek(fd, 0, SEEK_END), 4);
    assert_true(fcntl(fd, F_GETFL) & O_APPEND);
    path(p, "rollback/set-000001/out.1");
    fd = open(p, O_RDONLY);
    assert_true(fd >= 0);
    holds(fd, "two\n");
}

TEST(with_keep_the_file_stays_as_it_is)
{
    int fd = make("out", O_WRONLY, "one\n");

    UNUSED;
    save_file(fd, "file");
    assert_int_equal(write(fd, "two\n", 4), 4);
    load.keep_files = 1;
    assert_int_equal(lseek(load_it(0), 0, SEEK_END), 8);
}

TEST(a_file_that_is_only_read_is_not_cut)
{
    int fd = make("in", O_RDWR, "abcdef"), rd;
    char p[128];

    UNUSED;
    path(p, "in");
    rd = open(p, O_RDONLY);
    save_file(rd, "file");
    assert_int_equal(write(fd, "ghi", 3), 3);
    assert_int_equal(lseek(load_it(0), 0, SEEK_END), 9);
}

static void refused(int i, const char *what)
{
    assert_true(check(i) < 0);
    assert_non_null(strstr(why, what));
}

TEST(a_shorter_file_is_refused)
{
    int fd = make("out", O_WRONLY, "hello");

    UNUSED;
    save_file(fd, "file");
    assert_int_equal(ftruncate(fd, 3), 0);
    refused(0, "/out is shorter");
}

TEST(a_missing_file_is_refused)
{
    int fd = make("gone", O_RDWR, "x");
    char p[128];

    UNUSED;
    save_file(fd, "file");
    path(p, "gone");
    unlink(p);
    refused(0, "/gone was open and is missing");
}

TEST(another_file_in_the_place_of_a_written_one_is_refused)
{
    int fd = make("out", O_RDWR, "x");
    char p[128], q[128];

    UNUSED;
    save_file(fd, "file");
    close(make("other", O_RDWR, "x"));
    path(p, "out");
    path(q, "other");
    assert_int_equal(rename(q, p), 0);
    refused(0, "/out is another file");
}

TEST(a_true_copy_of_an_input_file_will_do)
{
    struct timespec same[2];
    char p[128], q[128];
    int fd, other;

    UNUSED;
    close(make("in", O_RDWR, "abc"));
    path(p, "in");
    path(q, "copy");
    fd = open(p, O_RDONLY);
    save_file(fd, "file");
    other = make("copy", O_RDWR, "abc");
    same[0] = same[1] = ofd[0].st.st_mtim;
    futimens(other, same);
    assert_int_equal(rename(q, p), 0);
    holds(load_it(0), "abc");
}

TEST(a_removed_file_comes_back_with_holes_and_shared)
{
    int fd = make("tmp", O_RDWR, "begin"), fd2;
    char p[128], link[64], back[16];
    struct stat st;

    UNUSED;
    assert_int_equal(pwrite(fd, "end", 3, 8 << 20), 3);
    path(p, "tmp");
    unlink(p);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    fd2 = open(link, O_RDONLY);
    see(fd);
    save_file(fd2, "file");
    close(fd);
    close(fd2);
    fd = load_it(0);
    fd2 = load_it(1);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, (8 << 20) + 3);
    assert_true(st.st_blocks < 1024);
    assert_int_equal(st.st_nlink, 0);
    assert_int_equal(pwrite(fd, "BEGIN", 5, 0), 5);
    assert_int_equal(pread(fd2, back, 5, 0), 5);
    assert_memory_equal(back, "BEGIN", 5);
    assert_int_equal(pread(fd2, back, 3, 8 << 20), 3);
    assert_memory_equal(back, "end", 3);
}

TEST(a_lock_is_taken_again)
{
    int fd = make("lock", O_RDWR, "x"), other;

    UNUSED;
    see(fd)->lock = "1: FLOCK  ADVISORY  WRITE 1 00:01:2 0 EOF";
    assert_int_equal(save_all(), 0);
    close(fd);
    fd = load_it(0);
    other = make("lock", O_RDWR, NULL);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
}

TEST(output_goes_to_the_file_that_is_there_now)
{
    int fd = make("old", O_WRONLY, "old"), now = make("new", O_WRONLY, "n");
    struct stat st;

    UNUSED;
    give(see(fd), 1);
    assert_int_equal(save_all(), 0);
    assert_int_equal(write(fd, "more", 4), 4);
    have(1, now);
    fd = load_it(0);
    assert_int_equal(write(fd, "ew", 2), 2);
    assert_int_equal(fstat(now, &st), 0);
    assert_int_equal(st.st_size, 3);
}

TEST(a_directory_is_read_on)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY), got;
    struct stat st;

    UNUSED;
    save_file(fd, "dir");
    got = load_it(0);
    assert_int_equal(fstat(got, &st), 0);
    assert_int_equal(st.st_ino, ofd[0].st.st_ino);
}

TEST(devices_without_state_are_opened_again)
{
    UNUSED;
    save_file(open("/dev/null", O_RDWR), "dev");
    assert_int_equal(write(load_it(0), "x", 1), 1);
}

TEST(a_pipe_comes_back_with_what_is_in_it)
{
    int p[2], r, w;

    UNUSED;
    assert_int_equal(pipe(p), 0);
    assert_int_equal(write(p[1], "in flight", 9), 9);
    see(p[0]);
    save_file(p[1], "pipe");
    holds(p[0], "in flight"); /* looking does not take it out */
    r = load_it(0);
    w = load_it(1);
    ck_res_load_end(&load);
    holds(r, "in flight");
    assert_int_equal(write(w, "more", 4), 4);
    holds(r, "more");
    close(w);
    holds(r, "");
}

TEST(a_pipe_without_writers_stays_without)
{
    int p[2], r;

    UNUSED;
    assert_int_equal(pipe(p), 0);
    assert_int_equal(write(p[1], "last", 4), 4);
    close(p[1]);
    save_file(p[0], "pipe");
    r = load_it(0);
    ck_res_load_end(&load);
    holds(r, "last");
    holds(r, "");
}

TEST(a_pipe_to_somebody_else_is_refused)
{
    int p[2];

    UNUSED;
    assert_int_equal(pipe(p), 0);
    see(p[0]); /* the other end is open, and not in the tree */
    assert_int_equal(save_all(), -EAGAIN);
    assert_non_null(strstr(why, "outside of the computation"));
}

TEST(each_descriptor_of_a_terminal_gets_its_own_place)
{
    int p[2];

    UNUSED;
    assert_int_equal(pipe(p), 0);
    give(give(see(p[1]), 1), 2);
    assert_int_equal(save_all(), 0);
    assert_string_equal(rec[0].kind, "stdio");
    for (uint32_t i = 0; i < 3; i++)
        have(i, p[1]);
    assert_int_equal(given_for(0, 2), 2);
    assert_int_equal(given_for(0, 1), 1);
    assert_int_equal(given_for(0, 0), 1);
    assert_int_equal(given_for(0, 77), 1);
}

TEST(a_pipe_that_was_given_is_at_its_end_or_what_is_there_now)
{
    int p[2], now[2], r;

    UNUSED;
    assert_true(pipe(p) == 0 && pipe(now) == 0);
    assert_int_equal(write(p[1], "last", 4), 4);
    give(see(p[0]), 5);
    assert_int_equal(save_all(), 0);
    assert_string_equal(rec[0].kind, "pipe");
    assert_int_equal(given_for(0, 5), -1);
    r = load_it(0);
    ck_res_load_end(&load);
    holds(r, "last");
    holds(r, "");
    have(4, now[0]); /* another number */
    assert_int_equal(given_for(0, 5), -1);
    have(5, now[1]); /* not to be read from */
    assert_int_equal(given_for(0, 5), -1);
    given[1].fd = now[0];
    assert_int_equal(given_for(0, 5), 5);
    assert_int_equal(given_for(0, 77), 5);
    given[1].fd = load_it(0);
    assert_int_equal(close(given[1].fd), 0);
    given[1].fd = open("/dev/null", O_RDWR);
    assert_int_equal(given_for(0, 5), -1);
}

TEST(a_pipe_with_both_ends_in_the_tree_is_its_own)
{
    int p[2];

    UNUSED;
    assert_int_equal(pipe(p), 0);
    give(see(p[0]), 5);
    give(see(p[1]), 6);
    assert_int_equal(save_all(), 0);
    have(5, p[0]);
    assert_int_equal(given_for(0, 5), -1);
}

static void unsavable(int fd, int want, const char *text)
{
    struct ck_res_ofd *o = see(fd);

    assert_true(fd >= 0);
    assert_null(ck_res_match(o));
    assert_int_equal(ck_res_refuse(o, why, sizeof(why)), want);
    if (!strstr(why, text))
        print_error("%s\n", why);
    assert_non_null(strstr(why, text));
}

TEST(what_cannot_be_saved_is_named)
{
    struct io_uring_params ring = {0};
    int uffd = (int)syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
    int uring = (int)syscall(SYS_io_uring_setup, 1, &ring);

    UNUSED;
    if (uffd < 0 && uring < 0)
        skip();
    if (uffd >= 0)
        unsavable(uffd, -ENOTSUP, "a userfaultfd");
    if (uring >= 0)
        unsavable(uring, -ENOTSUP, "an io_uring");
}

TEST(a_damaged_description_is_refused)
{
    UNUSED;
    save_file(make("f", O_RDWR, "x"), "file");
    for (uint32_t n = 0; n < rec[0].body.n; n++) {
        struct ck_ofd cut = rec[0];

        cut.body.n = n;
        assert_int_equal(ck_res_named("file")->check(&load, &cut), -EBADMSG);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_file_is_at_its_offset),
        T(what_was_written_since_is_cut_off_and_kept),
        T(with_keep_the_file_stays_as_it_is),
        T(a_file_that_is_only_read_is_not_cut),
        T(a_shorter_file_is_refused),
        T(a_missing_file_is_refused),
        T(another_file_in_the_place_of_a_written_one_is_refused),
        T(a_true_copy_of_an_input_file_will_do),
        T(a_removed_file_comes_back_with_holes_and_shared),
        T(a_lock_is_taken_again),
        T(output_goes_to_the_file_that_is_there_now),
        T(a_directory_is_read_on),
        T(devices_without_state_are_opened_again),
        T(a_pipe_comes_back_with_what_is_in_it),
        T(a_pipe_without_writers_stays_without),
        T(a_pipe_to_somebody_else_is_refused),
        T(each_descriptor_of_a_terminal_gets_its_own_place),
        T(a_pipe_that_was_given_is_at_its_end_or_what_is_there_now),
        T(a_pipe_with_both_ends_in_the_tree_is_its_own),
        T(what_cannot_be_saved_is_named),
        T(a_damaged_description_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
