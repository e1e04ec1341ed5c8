/* test_allocation.c - the job's end, as another Slurm has it. */
#include "tests/unit/fake.h"

#include <sys/mman.h>
#include <time.h>

#include "coordinator/allocation.h"

/* Shared with the coordinator in the child process. */
static volatile struct {
    int end_in; /* seconds from now; 0: no limit */
    int preempted, batch, may, silent, ending, suspended;
    int requeue_code;
    int requeued, looks; /* how often it was asked */
    char comment[300];
} *slurm;

static int fake_open(uint32_t id, char *err, size_t cap)
{
    (void)err;
    (void)cap;
    return id == 77 ? 0 : -EINVAL;
}

static int fake_look(struct ck_slurm_job *j, char *err, size_t cap)
{
    time_t now = time(NULL);

    slurm->looks++;
    if (slurm->silent) {
        snprintf(err, cap, "no controller");
        return -EIO;
    }
    *j = (struct ck_slurm_job){
        .start_time = now - 1000,
        .end_time = slurm->end_in ? now + slurm->end_in : 0,
        .preempt_time = slurm->preempted ? now : 0,
        .now = now,
        .kill_wait = 1,
        .batch = (uint8_t)slurm->batch,
        .running = !slurm->ending && !slurm->suspended,
        .suspended = (uint8_t)slurm->suspended,
    };
    return 0;
}

static int fake_may(char *err, size_t cap)
{
    snprintf(err, cap, slurm->may ? "" : "not allowed");
    return slurm->may;
}

static int fake_requeue(const char *why, char *err, size_t cap)
{
    (void)why;
    slurm->requeued++;
    snprintf(err, cap, "access denied");
    return slurm->requeue_code;
}

static int fake_comment(const char *text, char *err, size_t cap)
{
    (void)err;
    (void)cap;
    snprintf((char *)slurm->comment, sizeof slurm->comment, "%s", text);
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

static const char *const options[] = {
    "--slurm", "--job", "77", "--listen", "127.0.0.1", "--lead", "60", NULL};

static const char *const clocked[] = {
    "--slurm", "--job", "77", "--listen", "127.0.0.1", "--interval", "1",
    NULL};

static int slurm_setup(void **state)
{
    slurm = mmap(NULL, sizeof *slurm, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    slurm->batch = slurm->may = 1;
    return setup(state);
}

static int slurm_teardown(void **state)
{
    munmap((void *)slurm, sizeof *slurm);
    return teardown(state);
}

/* From STOPPED up to the commit. */
static void is_saved(struct fake *p, struct ck_msg_stop m)
{
    SEND(p, stopped, STOPPED, .id = m.id);
    get(p, CK_MSG_CAPTURE);
    captures(m.id, "main");
    snaps(p, m.id);
    if (!m.final)
        get(p, CK_MSG_RESUME);
    writes(p, m.id, "proc.main.10.img");
}

/* Up to the commit; says what STOP said. */
static int leads_to_a_set(struct fake *p)
{
    struct ck_msg_stop m = GET(p, stop, STOP);

    is_saved(p, m);
    return m.final;
}

static int eventually(volatile int *what, int value)
{
    for (int i = 0; i < LIMIT_MS && *what < value; i++)
        usleep(1000);
    return *what >= value;
}

static int eventually_have(const char *name)
{
    for (int i = 0; i < LIMIT_MS && !have(name); i++)
        usleep(1000);
    return have(name);
}

static void preemption_takes_a_final_set_and_requeues(void **state)
{
    struct fake *p;

    (void)state;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    quiet(p);
    slurm->preempted = 1;
    assert_int_equal(leads_to_a_set(p), 1);
    assert_true(eventually(&slurm->requeued, 1));
    assert_true(have("set-000001/MANIFEST"));
    assert_true(status_becomes("holding"));
    quiet(p); /* parked until Slurm ends it */
    leave(p);
}

static void the_job_s_comment_says_that_checkpoints_fail(void **state)
{
    struct fake *p, *c;

    (void)state;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    cannot_be_saved(p, 0);
    assert_int_equal(final(c, NULL), -EIO);
    for (int i = 0; i < LIMIT_MS && !slurm->comment[0]; i++)
        usleep(1000);
    assert_non_null(strstr((char *)slurm->comment, "ckpt: unprotected, "));
    assert_non_null(strstr((char *)slurm->comment, "descriptor 5"));
    leave(c);
    leave(p);
}

static void the_limit_takes_a_final_set_and_requeues(void **state)
{
    struct fake *p;

    (void)state;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    slurm->end_in = 59; /* lead is 60; each look moves the end on */
    assert_int_equal(leads_to_a_set(p), 1);
    assert_true(eventually(&slurm->requeued, 1));
    leave(p);
}

static void a_limit_far_away_is_not_due(void **state)
{
    struct fake *p;

    (void)state;
    slurm->end_in = 3600;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    quiet(p);
    leave(p);
}

static void a_requeue_that_is_refused_at_the_limit_lets_it_run_on(void **state)
{
    struct fake *p;

    (void)state;
    slurm->requeue_code = -EACCES;
    slurm->end_in = 59;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    assert_int_equal(leads_to_a_set(p), 1);
    get(p, CK_MSG_RESUME);
    assert_true(status_becomes("running"));
    quiet(p); /* and is not tried again */
    assert_int_equal(slurm->requeued, 1);
    leave(p);
}

static void a_limit_without_requeue_takes_a_set_and_runs_on(void **state)
{
    struct fake *p;

    (void)state;
    slurm->may = 0;
    slurm->end_in = 59;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    assert_int_equal(leads_to_a_set(p), 0);
    assert_true(status_becomes("running"));
    quiet(p);
    assert_int_equal(slurm->requeued, 0);
    leave(p);
}

/* Slurm ends it in any case: till then nobody may see that a step has. */
static void what_is_preempted_and_not_requeued_is_held(void **state)
{
    struct fake *p;

    (void)state;
    slurm->may = 0;
    slurm->preempted = 1;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    assert_int_equal(leads_to_a_set(p), 1);
    assert_true(status_becomes("holding"));
    quiet(p);
    assert_int_equal(slurm->requeued, 0);
    leave(p);
}

static void so_is_one_whose_requeue_is_refused(void **state)
{
    struct fake *p;

    (void)state;
    slurm->requeue_code = -EACCES;
    slurm->preempted = 1;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    assert_int_equal(leads_to_a_set(p), 1);
    assert_true(eventually(&slurm->requeued, 1));
    assert_true(status_becomes("holding"));
    quiet(p);
    leave(p);
}

static void a_preemption_that_is_withdrawn_lets_it_run_on(void **state)
{
    struct fake *p;

    (void)state;
    slurm->may = 0;
    slurm->preempted = 1;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    assert_int_equal(leads_to_a_set(p), 1);
    assert_true(status_becomes("holding"));
    slurm->preempted = 0;
    get(p, CK_MSG_RESUME);
    assert_true(status_becomes("running"));
    slurm->preempted = 1; /* another one */
    assert_int_equal(leads_to_a_set(p), 1);
    leave(p);
}

static void a_final_checkpoint_that_fails_is_tried_again(void **state)
{
    struct ck_msg_stop m;
    struct fake *p;

    (void)state;
    slurm->preempted = 1;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    m = GET(p, stop, STOP);
    is_busy(p, m.id, CK_PHASE_STOP);
    assert_int_equal(leads_to_a_set(p), 1);
    assert_true(eventually(&slurm->requeued, 1));
    leave(p);
}

static void events_can_be_switched_off(void **state)
{
    static const char *const off[] = {
        "--slurm", "--job", "77", "--listen", "127.0.0.1", "--on", "none",
        NULL};
    struct fake *p;

    (void)state;
    slurm->preempted = 1;
    slurm->end_in = 2;
    start(off);
    p = process(10, CK_KIND_SAVED, 1, "main");
    usleep(1500 * 1000); /* the thread has looked twice */
    quiet(p);
    leave(p);
}

static void a_silent_slurm_does_not_stop_the_clock(void **state)
{
    struct fake *p;

    (void)state;
    slurm->silent = 1;
    start(clocked);
    p = process(10, CK_KIND_SAVED, 1, "main");
    assert_int_equal(leads_to_a_set(p), 0);
    leave(p);
}

static void a_job_that_slurm_is_ending_gets_no_set(void **state)
{
    struct ck_msg_stop m;
    struct fake *p;

    (void)state;
    start(clocked);
    p = process(10, CK_KIND_SAVED, 1, "main");
    m = GET(p, stop, STOP);
    slurm->ending = 1;
    is_saved(p, m);
    get(p, CK_MSG_ABORT);
    assert_false(have("set-000001/MANIFEST"));
    usleep(1500 * 1000); /* the clock has fired again */
    quiet(p);
    leave(p);
}

static void a_request_for_one_is_refused(void **state)
{
    char text[256];
    struct fake *p, *c;

    (void)state;
    slurm->ending = 1;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    assert_true(eventually(&slurm->looks, 2)); /* the first is known */
    c = asks(0);
    assert_int_equal(final(c, text), -ECANCELED);
    assert_string_equal(text, "Slurm is ending the job");
    leave(c);
    leave(p);
}

static void the_clock_of_a_suspended_job_waits(void **state)
{
    struct fake *p;

    (void)state;
    slurm->suspended = 1;
    start(clocked);
    p = process(10, CK_KIND_SAVED, 1, "main");
    usleep(1500 * 1000);
    quiet(p);
    slurm->suspended = 0;
    assert_int_equal(leads_to_a_set(p), 0);
    leave(p);
}

/* One ends while the others are being stopped. */
static void one_leaves(struct fake *p, struct fake *q)
{
    struct ck_msg_stop m = GET(p, stop, STOP);

    get(q, CK_MSG_STOP);
    leave(q);
    is_saved(p, m);
}

static void a_set_that_has_become_smaller_needs_slurms_word(void **state)
{
    struct ck_msg_abort m;
    struct fake *p, *q;

    (void)state;
    slurm->silent = 1;
    start(clocked);
    p = process(10, CK_KIND_SAVED, 1, "main");
    q = process(11, CK_KIND_SAVED, 0, "main");
    one_leaves(p, q);
    m = GET(p, abort, ABORT);
    assert_non_null(strstr(m.reason, "1 process has ended"));
    leave(p);
}

static void and_gets_it(void **state)
{
    struct fake *p, *q;

    (void)state;
    start(clocked);
    p = process(10, CK_KIND_SAVED, 1, "main");
    q = process(11, CK_KIND_SAVED, 0, "main");
    one_leaves(p, q);
    assert_true(eventually_have("set-000001/MANIFEST"));
    leave(p);
}

static void term_alone_does_not_end_it_in_slurm(void **state)
{
    struct fake *p;

    (void)state;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    kill(coordinator, SIGTERM);
    quiet(p);
    assert_int_equal(kill(coordinator, 0), 0);
    leave(p);
}

#define S(f) cmocka_unit_test_setup_teardown(f, slurm_setup, slurm_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        S(preemption_takes_a_final_set_and_requeues),
        S(the_job_s_comment_says_that_checkpoints_fail),
        S(the_limit_takes_a_final_set_and_requeues),
        S(a_limit_far_away_is_not_due),
        S(a_requeue_that_is_refused_at_the_limit_lets_it_run_on),
        S(a_limit_without_requeue_takes_a_set_and_runs_on),
        S(what_is_preempted_and_not_requeued_is_held),
        S(so_is_one_whose_requeue_is_refused),
        S(a_preemption_that_is_withdrawn_lets_it_run_on),
        S(a_job_that_slurm_is_ending_gets_no_set),
        S(a_request_for_one_is_refused),
        S(the_clock_of_a_suspended_job_waits),
        S(a_set_that_has_become_smaller_needs_slurms_word),
        S(and_gets_it),
        S(a_final_checkpoint_that_fails_is_tried_again),
        S(events_can_be_switched_off),
        S(a_silent_slurm_does_not_stop_the_clock),
        S(term_alone_does_not_end_it_in_slurm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
