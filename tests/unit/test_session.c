/* test_session.c - the coordinator's state machine, without a process. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "coordinator/session.h"

static struct {
    char log[4096];
    enum ck_state entered[32];
    unsigned n;
    enum ck_event fire_on_enter; /* fired once, when not COUNT_ */
    struct ck_session *s;
} seen;

static void log_it(void *arg, enum ck_event ev, enum ck_state from,
                   enum ck_state to, int legal, const char *why)
{
    size_t n = strlen(seen.log);

    (void)arg;
    (void)why;
    snprintf(seen.log + n, sizeof seen.log - n, "%s%s: %s -> %s\n",
             legal ? "" : "!", ck_event_name(ev), ck_state_name(from),
             ck_state_name(to));
}

static void enter(void *arg, enum ck_state from, enum ck_event ev,
                  enum ck_state to)
{
    enum ck_event next = seen.fire_on_enter;

    (void)arg;
    (void)from;
    (void)ev;
    seen.entered[seen.n++] = to;
    if (next != CK_EV_COUNT_) {
        seen.fire_on_enter = CK_EV_COUNT_;
        ck_session_fire(seen.s, next, "");
        assert_int_equal(seen.s->state, to); /* it waits */
    }
}

static const struct ck_session_ops ops = {.log = log_it, .enter = enter};

static struct ck_session fresh(enum ck_state at)
{
    struct ck_session s;

    memset(&seen, 0, sizeof seen);
    seen.fire_on_enter = CK_EV_COUNT_;
    ck_session_init(&s, &ops, NULL);
    s.state = at;
    return s;
}

static void a_checkpoint_passes_through_its_states(void **state)
{
    static const enum ck_event ev[] = {
        CK_EV_JOIN,     CK_EV_CHECKPOINT, CK_EV_STOPPED,
        CK_EV_DRAINED,  CK_EV_PARKED,     CK_EV_CAPTURED,
        CK_EV_WRITTEN,  CK_EV_COMMITTED,
    };
    static const enum ck_state want[] = {
        CK_ST_RUNNING,    CK_ST_STOPPING, CK_ST_DRAINING,
        CK_ST_STOPPING_LAUNCHERS,         CK_ST_CAPTURING,
        CK_ST_WRITING,    CK_ST_COMMITTING, CK_ST_RUNNING,
    };
    struct ck_session s = fresh(CK_ST_IDLE);

    (void)state;
    for (unsigned i = 0; i < sizeof ev / sizeof ev[0]; i++) {
        assert_int_equal(ck_session_fire(&s, ev[i], ""), 0);
        assert_int_equal(s.state, want[i]);
    }
    assert_int_equal(seen.n, sizeof ev / sizeof ev[0]);
    assert_int_equal(s.illegal, 0);
}

static void without_launchers_parked_follows_stopping(void **state)
{
    struct ck_session s = fresh(CK_ST_STOPPING);

    (void)state;
    ck_session_fire(&s, CK_EV_PARKED, "");
    assert_int_equal(s.state, CK_ST_CAPTURING);
}

static void a_failure_in_any_phase_aborts(void **state)
{
    (void)state;
    for (int at = 0; at < CK_ST_COUNT_; at++) {
        struct ck_session s = fresh((enum ck_state)at);

        if (!ck_state_busy((enum ck_state)at))
            continue;
        assert_int_equal(ck_session_fire(&s, CK_EV_FAIL, ""), 0);
        assert_int_equal(s.state, CK_ST_ABORTING);
        ck_session_fire(&s, CK_EV_ABORTED, "");
        assert_int_equal(s.state, CK_ST_RUNNING);
    }
}

static void an_illegal_event_is_logged_and_changes_nothing(void **state)
{
    struct ck_session s = fresh(CK_ST_RUNNING);

    (void)state;
    assert_int_equal(ck_session_fire(&s, CK_EV_CAPTURED, ""), -EINVAL);
    assert_int_equal(s.state, CK_ST_RUNNING);
    assert_int_equal(s.illegal, 1);
    assert_int_equal(seen.n, 0);
    assert_string_equal(seen.log, "!captured: running -> running\n");
}

static void every_transition_is_logged(void **state)
{
    struct ck_session s = fresh(CK_ST_COMMITTING);

    (void)state;
    ck_session_fire(&s, CK_EV_HELD, "");
    ck_session_fire(&s, CK_EV_RELEASE, "");
    assert_string_equal(seen.log, "held: committing -> holding\n"
                                  "release: holding -> running\n");
}

static void an_event_fired_while_entering_waits_its_turn(void **state)
{
    struct ck_session s = fresh(CK_ST_RUNNING);

    (void)state;
    seen.s = &s;
    seen.fire_on_enter = CK_EV_PARKED;
    assert_int_equal(ck_session_fire(&s, CK_EV_CHECKPOINT, ""), 0);
    assert_int_equal(s.state, CK_ST_CAPTURING);
    assert_int_equal(seen.entered[0], CK_ST_STOPPING);
    assert_int_equal(seen.entered[1], CK_ST_CAPTURING);
}

static void a_second_failure_of_the_same_checkpoint_is_no_event(void **state)
{
    struct ck_session s = fresh(CK_ST_ABORTING);

    (void)state;
    assert_int_equal(ck_session_fire(&s, CK_EV_FAIL, ""), 0);
    assert_int_equal(s.state, CK_ST_ABORTING);
    assert_int_equal(seen.n, 0);
}

static void a_failed_restart_ends(void **state)
{
    struct ck_session s = fresh(CK_ST_IDLE);

    (void)state;
    ck_session_fire(&s, CK_EV_RESTORE, "");
    ck_session_fire(&s, CK_EV_FAIL, "");
    assert_int_equal(s.state, CK_ST_ENDED);
}

static void nothing_leads_out_of_ended(void **state)
{
    (void)state;
    for (int ev = 0; ev < CK_EV_COUNT_; ev++) {
        int to = ck_session_next(CK_ST_ENDED, (enum ck_event)ev);

        assert_true(to == -1 || to == CK_ST_ENDED);
    }
}

static void every_state_can_be_ended(void **state)
{
    (void)state;
    for (int at = 0; at < CK_ST_COUNT_; at++)
        assert_int_equal(ck_session_next((enum ck_state)at, CK_EV_END),
                         CK_ST_ENDED);
}

static void the_last_process_leaving_is_legal_everywhere(void **state)
{
    (void)state;
    for (int at = 0; at < CK_ST_COUNT_; at++) {
        assert_int_not_equal(ck_session_next((enum ck_state)at, CK_EV_EMPTY),
                             -1);
        assert_int_not_equal(ck_session_next((enum ck_state)at, CK_EV_JOIN),
                             -1);
    }
}

static void states_and_events_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < CK_ST_COUNT_; i++)
        assert_string_not_equal(ck_state_name((enum ck_state)i), "?");
    for (int i = 0; i < CK_EV_COUNT_; i++)
        assert_string_not_equal(ck_event_name((enum ck_event)i), "?");
    assert_string_equal(ck_state_name(CK_ST_COUNT_), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_passes_through_its_states),
        cmocka_unit_test(without_launchers_parked_follows_stopping),
        cmocka_unit_test(a_failure_in_any_phase_aborts),
        cmocka_unit_test(an_illegal_event_is_logged_and_changes_nothing),
        cmocka_unit_test(every_transition_is_logged),
        cmocka_unit_test(an_event_fired_while_entering_waits_its_turn),
        cmocka_unit_test(a_second_failure_of_the_same_checkpoint_is_no_event),
        cmocka_unit_test(a_failed_restart_ends),
        cmocka_unit_test(nothing_leads_out_of_ended),
        cmocka_unit_test(every_state_can_be_ended),
        cmocka_unit_test(the_last_process_leaving_is_legal_everywhere),
        cmocka_unit_test(states_and_events_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
