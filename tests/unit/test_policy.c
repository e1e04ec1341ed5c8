/* test_policy.c - when the next checkpoint is due. */
#include "tests/unit/unit.h"

#include "coordinator/policy.h"

#define S INT64_C(1000)

static struct ck_policy p;

static int setup(void **state)
{
    (void)state;
    ck_policy_init(&p, 60 * S, CK_POLICY_AUTO);
    ck_policy_started(&p, 100 * S);
    return 0;
}

static void nothing_is_due_before_the_computation_runs(void **state)
{
    struct ck_policy q;
    int64_t at;

    (void)state;
    ck_policy_init(&q, 60 * S, CK_POLICY_AUTO);
    assert_int_equal(ck_policy_next(&q, &at), CK_DUE_NONE);
}

static void the_clock_counts_from_the_start(void **state)
{
    (void)state;
    assert_int_equal(ck_policy_due(&p, 159 * S), CK_DUE_NONE);
    assert_int_equal(ck_policy_due(&p, 160 * S), CK_DUE_CLOCK);
}

static void the_clock_counts_from_the_end_of_the_last_one(void **state)
{
    (void)state;
    ck_policy_done(&p, 200 * S, 30 * S);
    assert_int_equal(ck_policy_due(&p, 259 * S), CK_DUE_NONE);
    assert_int_equal(ck_policy_due(&p, 260 * S), CK_DUE_CLOCK);
}

static void interval_zero_stops_the_clock(void **state)
{
    int64_t at;

    (void)state;
    p.interval = 0;
    assert_int_equal(ck_policy_next(&p, &at), CK_DUE_NONE);
    assert_int_equal(at, 0);
}

static void a_retriable_failure_is_tried_again_ever_later(void **state)
{
    int64_t now = 200 * S;

    (void)state;
    for (int i = 0; i < 3; i++) {
        ck_policy_failed(&p, now, CK_AGAIN_LATER);
        assert_int_equal(ck_policy_due(&p, now + (S << i) - 1), CK_DUE_NONE);
        now += S << i;
        assert_int_equal(ck_policy_due(&p, now), CK_DUE_RETRY);
    }
}

static void a_short_failure_is_tried_again_at_once_a_few_times(void **state)
{
    int64_t now = 200 * S, pause = CK_POLICY_SOON_MS;

    (void)state;
    for (int i = 0; i < CK_POLICY_SOON; i++, pause *= 2) {
        assert_int_equal(ck_policy_failed(&p, now, CK_AGAIN_SOON),
                         CK_AGAIN_SOON);
        assert_int_equal(ck_policy_due(&p, now + pause - 1), CK_DUE_NONE);
        now += pause;
        assert_int_equal(ck_policy_due(&p, now), CK_DUE_RETRY);
    }
    assert_true(now < 201 * S);
    assert_int_equal(ck_policy_failed(&p, now, CK_AGAIN_SOON), CK_AGAIN_LATER);
    assert_int_equal(ck_policy_due(&p, now + S), CK_DUE_RETRY);
    ck_policy_done(&p, now, S);
    assert_int_equal(ck_policy_failed(&p, now, CK_AGAIN_SOON), CK_AGAIN_SOON);
}

static void retries_come_to_an_end(void **state)
{
    int64_t at;

    (void)state;
    for (int i = 0; i <= CK_POLICY_RETRIES; i++) {
        ck_policy_failed(&p, 200 * S, CK_AGAIN_LATER);
        assert_int_equal(p.retry_at != 0, i < CK_POLICY_RETRIES);
    }
    assert_int_equal(ck_policy_next(&p, &at), CK_DUE_CLOCK);
    assert_int_equal(at, 260 * S);
}

static void what_cannot_pass_is_not_retried(void **state)
{
    int64_t at;

    (void)state;
    ck_policy_failed(&p, 200 * S, CK_AGAIN_NOT);
    assert_int_equal(ck_policy_next(&p, &at), CK_DUE_CLOCK);
    assert_int_equal(at, 260 * S);
}

static void success_ends_retrying(void **state)
{
    int64_t at;

    (void)state;
    ck_policy_failed(&p, 200 * S, CK_AGAIN_LATER);
    ck_policy_done(&p, 202 * S, S);
    assert_int_equal(ck_policy_next(&p, &at), CK_DUE_CLOCK);
}

static void lead_is_a_grain_and_twice_the_last_cost(void **state)
{
    (void)state;
    p.limit = 10000 * S;
    assert_int_equal(ck_policy_lead(&p), 30 * S + 2 * CK_POLICY_COST);
    ck_policy_done(&p, 200 * S, 40 * S);
    assert_int_equal(ck_policy_lead(&p), 110 * S);
}

static void lead_leaves_a_short_job_its_time(void **state)
{
    (void)state;
    p.job_start = 100 * S;
    p.limit = 160 * S;
    assert_int_equal(ck_policy_lead(&p), 20 * S);
    ck_policy_done(&p, 110 * S, 2 * S);
    assert_int_equal(ck_policy_lead(&p), 20 * S);
    ck_policy_done(&p, 110 * S, 18 * S); /* but never less than it takes */
    assert_int_equal(ck_policy_lead(&p), 27 * S);
}

static void a_lead_that_was_asked_for_is_kept(void **state)
{
    (void)state;
    p.lead = 300 * S;
    p.limit = 200 * S;
    assert_int_equal(ck_policy_lead(&p), 300 * S);
}

static void the_limit_is_final_and_comes_first(void **state)
{
    (void)state;
    p.limit = 220 * S;
    p.lead = 70 * S;
    assert_int_equal(ck_policy_due(&p, 149 * S), CK_DUE_NONE);
    assert_int_equal(ck_policy_due(&p, 150 * S), CK_DUE_LIMIT);
    assert_true(ck_due_final(CK_DUE_LIMIT));
    assert_false(ck_due_final(CK_DUE_CLOCK));
}

static void the_limit_can_be_left_out(void **state)
{
    (void)state;
    p.limit = 220 * S;
    p.lead = 70 * S;
    p.on_limit = 0;
    assert_int_equal(ck_policy_due(&p, 155 * S), CK_DUE_NONE);
}

static void preemption_is_due_at_once(void **state)
{
    (void)state;
    p.preempted = 1;
    assert_int_equal(ck_policy_due(&p, 101 * S), CK_DUE_PREEMPT);
    p.on_preempt = 0;
    assert_int_equal(ck_policy_due(&p, 101 * S), CK_DUE_NONE);
}

static void a_final_one_that_failed_pauses_before_the_next_try(void **state)
{
    (void)state;
    p.preempted = 1;
    ck_policy_failed(&p, 200 * S, CK_AGAIN_LATER);
    assert_int_equal(ck_policy_due(&p, 200 * S + 500), CK_DUE_NONE);
    assert_int_equal(ck_policy_due(&p, 201 * S), CK_DUE_PREEMPT);
    ck_policy_failed(&p, 201 * S, CK_AGAIN_NOT);
    assert_int_equal(ck_policy_due(&p, 210 * S), CK_DUE_NONE);
}

static void after_the_final_one_nothing_is_due(void **state)
{
    int64_t at;

    (void)state;
    p.preempted = 1;
    p.final_done = 1;
    assert_int_equal(ck_policy_next(&p, &at), CK_DUE_NONE);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_is_due_before_the_computation_runs),
        T(the_clock_counts_from_the_start),
        T(the_clock_counts_from_the_end_of_the_last_one),
        T(interval_zero_stops_the_clock),
        T(a_retriable_failure_is_tried_again_ever_later),
        T(a_short_failure_is_tried_again_at_once_a_few_times),
        T(retries_come_to_an_end),
        T(what_cannot_pass_is_not_retried),
        T(success_ends_retrying),
        T(lead_is_a_grain_and_twice_the_last_cost),
        T(lead_leaves_a_short_job_its_time),
        T(a_lead_that_was_asked_for_is_kept),
        T(the_limit_is_final_and_comes_first),
        T(the_limit_can_be_left_out),
        T(preemption_is_due_at_once),
        T(a_final_one_that_failed_pauses_before_the_next_try),
        T(after_the_final_one_nothing_is_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
