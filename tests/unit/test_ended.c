/* test_ended.c - a job's script is over: what is marked, requeued and said. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/allocation.h"
#include "coordinator/coordinator.h"
#include "coordinator/journal.h"
#include "lib/base/sets.h"

#define STATUS(n) ((n) << 8)

/* As another Slurm has it. */
static struct {
    enum ck_slurm_end end;
    int preempted, may, refuses;
} slurm;

static int fake_open(uint32_t id, char *err, size_t cap)
{
    (void)err;
    (void)cap;
    return id == 77 ? 0 : -EINVAL;
}

static int fake_look(struct ck_slurm_job *j, char *err, size_t cap)
{
    (void)err;
    (void)cap;
    *j = (struct ck_slurm_job){
        .end = slurm.end, .preempt_time = slurm.preempted, .batch = 1};
    return 0;
}

static int fake_may(char *err, size_t cap)
{
    snprintf(err, cap, "it was submitted so");
    return slurm.may;
}

static int fake_requeue(const char *why, char *err, size_t cap)
{
    (void)why;
    snprintf(err, cap, "access denied");
    return slurm.refuses ? -EACCES : 0;
}

static int fake_comment(const char *text, char *err, size_t cap)
{
    (void)text;
    (void)err;
    (void)cap;
    return 0;
}

static void fake_close(void)
{
}

const struct ck_slurm_ops *ck_slurm_module(struct ck_err *e)
{
    static const struct ck_slurm_ops ops = {
        CK_SLURM_API_VERSION, fake_open,    fake_look,
        fake_may,             fake_requeue, fake_comment,
        fake_close,
    };

    (void)e;
    return &ops;
}

static void has_set(const char *dir, unsigned number)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/set-%06u", dir, number);
    assert_int_equal(mkdir(path, 0700), 0);
    strcat(path, "/MANIFEST");
    f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
}

static void journal(const char *dir, const char *line)
{
    struct ck_journal j;
    struct ck_history h;
    struct ck_err e;

    assert_int_equal(ck_journal_open(&j, dir, &h, &e), 0);
    if (line)
        ck_journal_add(&j, 1, "%s", line);
    ck_journal_close(&j);
}

static struct ck_history history(const char *dir)
{
    struct ck_journal j;
    struct ck_history h;
    struct ck_err e;

    assert_int_equal(ck_journal_open(&j, dir, &h, &e), 0);
    ck_journal_close(&j);
    return h;
}

/* What it prints, when the script has ended so. */
static const char *ended(const char *dir, const char *on, int status)
{
    static char text[900];
    char number[16], where[256], events[64];
    char *argv[] = {(char *)"ended", (char *)"--dir", where, (char *)"--job",
                    (char *)"77", (char *)"--on", events,
                    (char *)"--failures", (char *)"2", (char *)"--status",
                    number, (char *)"--again",
                    (char *)"sbatch --checkpoint-restart=77 SCRIPT", NULL};
    int p[2], how = 0;
    size_t n = 0;
    ssize_t r;
    pid_t pid;

    snprintf(number, sizeof number, "%d", status);
    snprintf(where, sizeof where, "%s", dir);
    snprintf(events, sizeof events, "%s", on);
    assert_int_equal(pipe(p), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(p[1], 1);
        how = ck_ended_main(13, argv);
        fflush(stdout);
        _exit(how);
    }
    close(p[1]);
    while ((r = read(p[0], text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)r;
    close(p[0]);
    text[n] = 0;
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_int_equal(how, 0);
    return text;
}

static int begin(void **state)
{
    memset(&slurm, 0, sizeof slurm);
    slurm.may = 1;
    return unit_dir_setup(state);
}

static void with_a_set(const char *dir)
{
    has_set(dir, 3);
    journal(dir, "committed set=3 cost_ms=1");
}

static void what_ends_by_itself_is_finished_and_nothing_is_said(void **state)
{
    int status = 0;

    with_a_set(*state);
    assert_string_equal(ended(*state, "timeout,preempt", STATUS(7)), "");
    assert_int_equal(ck_sets_finished(*state, &status), 3);
    assert_int_equal(status, STATUS(7));
}

static void a_set_that_is_just_being_written_is_finished_too(void **state)
{
    with_a_set(*state);
    journal(*state, "begin set=4 why=clock final=0");
    ended(*state, "timeout", STATUS(0));
    assert_int_equal(ck_sets_finished(*state, NULL), 4);
}

static void what_a_signal_has_ended_is_not(void **state)
{
    with_a_set(*state);
    assert_string_equal(ended(*state, "timeout,preempt", SIGSEGV), "");
    assert_int_equal(ck_sets_finished(*state, NULL), 0);
}

static void what_slurm_ends_is_not_whatever_the_script_says(void **state)
{
    static const enum ck_slurm_end ends[] = {
        CK_SLURM_REQUEUED, CK_SLURM_CANCELLED, CK_SLURM_PREEMPTED,
        CK_SLURM_TIMEOUT,  CK_SLURM_NODE_FAIL, CK_SLURM_KILLED};

    with_a_set(*state);
    for (unsigned i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        slurm.end = ends[i];
        for (int status = 0; status < 2; status++)
            ended(*state, "timeout,preempt,failure", STATUS(status));
        assert_int_equal(ck_sets_finished(*state, NULL), 0);
    }
    assert_int_equal(history(*state).failures, 0);
}

static void how_to_go_on_is_said_if_there_is_something(void **state)
{
    slurm.end = CK_SLURM_PREEMPTED;
    journal(*state, NULL);
    assert_string_equal(ended(*state, "preempt", SIGKILL), "");
    has_set(*state, 3);
    assert_string_equal(ended(*state, "preempt", SIGKILL),
                        "job 77 was preempted and is not requeued; sbatch "
                        "--checkpoint-restart=77 SCRIPT goes on from image "
                        "set 3\n");
    slurm.end = CK_SLURM_CANCELLED;
    assert_string_equal(ended(*state, "preempt", SIGKILL), "");
}

/* Its tasks have had their TERM: the script may have gone on after that. */
static void after_a_preemption_that_is_not_ours_it_is_not_finished(void **state)
{
    with_a_set(*state);
    slurm.preempted = 1;
    assert_non_null(strstr(ended(*state, "timeout", STATUS(0)),
                           "was preempted"));
    assert_int_equal(ck_sets_finished(*state, NULL), 0);
    assert_string_equal(ended(*state, "preempt", STATUS(0)), "");
    assert_int_equal(ck_sets_finished(*state, NULL), 3);
}

static void a_restart_that_cannot_be_is_no_end(void **state)
{
    with_a_set(*state);
    journal(*state, "start generation=2 pid=1 restore=3 interval=0");
    assert_string_equal(ended(*state, "failure", STATUS(1)), "");
    assert_int_equal(ck_sets_finished(*state, NULL), 0);
    assert_int_equal(history(*state).failures, 0);
}

static void what_was_told_to_end_is_not_over(void **state)
{
    with_a_set(*state);
    journal(*state, "state event=quit from=running to=ending");
    assert_string_equal(ended(*state, "failure", STATUS(1)), "");
    assert_int_equal(ck_sets_finished(*state, NULL), 0);
}

static void a_failure_is_counted_and_the_job_requeued(void **state)
{
    with_a_set(*state);
    assert_string_equal(ended(*state, "failure", STATUS(7)), "");
    assert_int_equal(ck_sets_finished(*state, NULL), 0);
    assert_int_equal(history(*state).failures, 1);
    assert_int_equal(history(*state).requeues, 1);
    /* without a newer set it is not once more */
    assert_string_equal(ended(*state, "failure", STATUS(7)),
                        "job 77 has ended with status 7 and is not requeued: "
                        "no image set is newer than its last start or "
                        "failure\n");
    assert_int_equal(ck_sets_finished(*state, NULL), 3);
    /* and the next run begins to count anew */
    assert_int_equal(history(*state).failures, 0);
    journal(*state, "committed set=4 cost_ms=1");
    assert_string_equal(ended(*state, "failure", SIGABRT), "");
    assert_int_equal(history(*state).failures, 1);
}

static void no_more_often_than_said(void **state)
{
    with_a_set(*state);
    for (int i = 0; i < 2; i++) {
        char line[64];

        assert_string_equal(ended(*state, "failure", STATUS(1)), "");
        snprintf(line, sizeof line, "committed set=%d cost_ms=1", 4 + i);
        journal(*state, line);
    }
    assert_non_null(strstr(ended(*state, "failure", STATUS(1)),
                           "after 2 failures"));
    assert_int_equal(history(*state).requeues, 2);
}

static void what_slurm_refuses_is_said(void **state)
{
    with_a_set(*state);
    slurm.may = 0;
    assert_string_equal(ended(*state, "failure", SIGSEGV),
                        "job 77 was ended by signal 11 and is not requeued: "
                        "it was submitted so\n");
    assert_int_equal(history(*state).failures, 0);
    slurm.may = slurm.refuses = 1;
    assert_non_null(strstr(ended(*state, "failure", STATUS(2)),
                           "access denied"));
    assert_int_equal(history(*state).requeues, 0);
    assert_int_equal(ck_sets_finished(*state, NULL), 3);
}

#define E(f) cmocka_unit_test_setup_teardown(f, begin, unit_dir_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        E(what_ends_by_itself_is_finished_and_nothing_is_said),
        E(a_set_that_is_just_being_written_is_finished_too),
        E(what_a_signal_has_ended_is_not),
        E(what_slurm_ends_is_not_whatever_the_script_says),
        E(how_to_go_on_is_said_if_there_is_something),
        E(after_a_preemption_that_is_not_ours_it_is_not_finished),
        E(a_restart_that_cannot_be_is_no_end),
        E(what_was_told_to_end_is_not_over),
        E(a_failure_is_counted_and_the_job_requeued),
        E(no_more_often_than_said),
        E(what_slurm_refuses_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
