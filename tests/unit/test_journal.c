/* test_journal.c - what a coordinator learns from its predecessors. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "coordinator/journal.h"

static struct ck_journal j;
static struct ck_history h;
static struct ck_err err;

static void a_new_directory_has_no_history(void **state)
{
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    assert_int_equal(h.generation, 0);
    assert_int_equal(h.committed, 0);
    assert_int_equal(h.last_set, 0);
    ck_journal_close(&j);
}

static void replay_reproduces_what_was_added(void **state)
{
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    ck_journal_add(&j, 1, "start generation=%u pid=12", 4u);
    ck_journal_add(&j, 0, "begin set=%u why=clock", 7u);
    ck_journal_add(&j, 1, "committed set=%u bytes=9 cost_ms=1500", 7u);
    ck_journal_add(&j, 0, "begin set=%u why=clock", 8u);
    ck_journal_add(&j, 0, "failed set=8 reason=a set=99 that lies\nset=77");
    ck_journal_add(&j, 1, "requeued set=7");
    ck_journal_close(&j);
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    assert_int_equal(h.generation, 4);
    assert_int_equal(h.committed, 7);
    assert_int_equal(h.last_set, 8);
    assert_int_equal(h.cost_ms, 1500);
    assert_int_equal(h.requeues, 1);
    ck_journal_close(&j);
}

static void failures_are_counted_until_it_ends(void **state)
{
    struct ck_journal beside;
    struct ck_history seen;

    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    ck_journal_add(&j, 1, "committed set=3 cost_ms=1");
    /* who says how it has ended does so beside the coordinator */
    assert_int_equal(ck_journal_join(&beside, *state, &seen, &err), 0);
    assert_int_equal(seen.committed, 3);
    assert_int_equal(seen.failures, 0);
    ck_journal_add(&beside, 1, "failure set=3 status=256");
    ck_journal_close(&beside);
    ck_journal_close(&j);
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    assert_int_equal(h.failures, 1);
    assert_int_equal(h.failed_set, 3);
    ck_journal_add(&j, 1, "committed set=5 cost_ms=1");
    ck_journal_add(&j, 1, "finished set=5 status=0");
    ck_journal_close(&j);
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    assert_int_equal(h.failures, 0);
    assert_int_equal(h.failed_set, 5);
    ck_journal_close(&j);
}

static void a_restart_that_has_not_come_to_its_end_is_seen(void **state)
{
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    ck_journal_add(&j, 1, "start generation=2 pid=1 restore=3 interval=0");
    ck_journal_close(&j);
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    assert_int_equal(h.absent, 1);
    ck_journal_add(&j, 1, "restored set=3 processes=1");
    ck_journal_close(&j);
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    assert_int_equal(h.absent, 0);
    ck_journal_close(&j);
}

static void a_line_cut_off_by_a_crash_is_passed_over(void **state)
{
    char path[64];
    int fd;

    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    ck_journal_add(&j, 1, "committed set=3 cost_ms=10");
    ck_journal_close(&j);
    snprintf(path, sizeof path, "%s/journal", (char *)*state);
    fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "99 committed set=4", 18), 18);
    close(fd);
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    assert_int_equal(h.committed, 3);
    ck_journal_add(&j, 1, "committed set=5 cost_ms=20");
    ck_journal_close(&j);
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    assert_int_equal(h.committed, 5);
    ck_journal_close(&j);
}

static void a_second_coordinator_is_kept_out(void **state)
{
    struct ck_journal second;

    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    assert_int_equal(ck_journal_open(&second, *state, &h, &err), -EBUSY);
    assert_non_null(strstr(err.text, "another coordinator"));
    ck_journal_close(&j);
    assert_int_equal(ck_journal_open(&second, *state, &h, &err), 0);
    ck_journal_close(&second);
}

static void *end_soon(void *arg)
{
    (void)arg;
    usleep(100000);
    ck_journal_close(&j);
    return NULL;
}

static void one_that_is_being_killed_is_waited_for(void **state)
{
    struct ck_journal second;
    pthread_t t;

    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    ck_journal_add(&j, 0, "start generation=1");
    pthread_create(&t, NULL, end_soon, NULL);
    assert_int_equal(ck_journal_open(&second, *state, &h, &err), 0);
    pthread_join(t, NULL);
    ck_journal_close(&second);
}

static void one_that_ends_is_waited_for(void **state)
{
    struct ck_journal second;
    pthread_t t;

    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    ck_journal_add(&j, 0, "state event=end from=idle to=ended");
    pthread_create(&t, NULL, end_soon, NULL);
    assert_int_equal(ck_journal_open(&second, *state, &h, &err), 0);
    pthread_join(t, NULL);
    ck_journal_add(&second, 0, "start generation=2");
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), -EBUSY);
    ck_journal_close(&second);
}

static void garbage_is_passed_over(void **state)
{
    static const char *const line[] = {"", " ", "x", "1", "1 ", "1 commit",
                                       "committed", "1 committedset=3",
                                       "1 begin set=", "1 begin set=-"};

    (void)state;
    memset(&h, 0, sizeof h);
    for (unsigned i = 0; i < sizeof line / sizeof line[0]; i++)
        ck_journal_replay_line(&h, line[i], strlen(line[i]));
    assert_int_equal(h.committed, 0);
    assert_int_equal(h.generation, 0);
}

static void a_long_event_is_cut_to_one_line(void **state)
{
    char text[5000], buf[8192], path[64];
    ssize_t n;
    int fd;

    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(ck_journal_open(&j, *state, &h, &err), 0);
    assert_int_equal(ck_journal_add(&j, 0, "failed reason=%s", text), 0);
    ck_journal_close(&j);
    snprintf(path, sizeof path, "%s/journal", (char *)*state);
    fd = open(path, O_RDONLY);
    n = read(fd, buf, sizeof buf);
    close(fd);
    assert_in_range(n, 100, 1024);
    assert_int_equal(buf[n - 1], '\n');
    assert_ptr_equal(memchr(buf, '\n', (size_t)n), buf + n - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        unit_in_dir(a_new_directory_has_no_history),
        unit_in_dir(replay_reproduces_what_was_added),
        unit_in_dir(failures_are_counted_until_it_ends),
        unit_in_dir(a_restart_that_has_not_come_to_its_end_is_seen),
        unit_in_dir(a_line_cut_off_by_a_crash_is_passed_over),
        unit_in_dir(a_second_coordinator_is_kept_out),
        unit_in_dir(one_that_is_being_killed_is_waited_for),
        unit_in_dir(one_that_ends_is_waited_for),
        unit_in_dir(garbage_is_passed_over),
        unit_in_dir(a_long_event_is_cut_to_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
