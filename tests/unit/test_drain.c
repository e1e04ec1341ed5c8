/*
 * test_drain.c - the streams between a launcher and its tasks, and what a
 * restart tells launchers.
 */
#include "tests/unit/fake.h"

static void launchers_are_drained_then_stopped(void **state)
{
    struct fake *shell, *srun, *task, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    shell = process(10, CK_KIND_SAVED, 1, "batch");
    srun = process(11, CK_KIND_REEXEC, 0, "batch");
    task = process(12, CK_KIND_SAVED, 1, "srun-11.0");
    c = asks(0);
    id = stops(shell, (const uint32_t[]){11}, 1);
    quiet(srun);
    stops(task, NULL, 0);
    /* Three rounds in which nobody has run who could carry something. */
    for (int i = 0; i < 6; i++) {
        get(task, CK_MSG_DRAIN);
        get(srun, CK_MSG_DRAIN);
        SEND(task, drained, DRAINED, .id = id, .outq = i == 0 ? 7 : 0,
             .moves = i < 2 ? 0 : 3);
        SEND(srun, drained, DRAINED, .id = id, .moves = i ? 7 : 0);
    }
    stops(srun, NULL, 0);
    get(shell, CK_MSG_CAPTURE);
    get(task, CK_MSG_CAPTURE);
    get(shell, CK_MSG_SNAPSHOT);
    quiet(srun); /* never saved */
    leave(shell);
    leave(srun);
    leave(task);
    leave(c);
}

/* One process of each task takes in what its launcher has read, and is told so
 * before the launcher is. */
static void input_comes_to_rest(void **state)
{
    struct fake *srun, *a, *b, *other, *c;
    struct ck_msg_drain pull, hold;
    uint32_t id;

    (void)state;
    start(NULL);
    srun = process(11, CK_KIND_REEXEC, 0, "batch");
    a = process(12, CK_KIND_SAVED, 1, "srun-11.0");
    b = process(13, CK_KIND_SAVED, 0, "srun-11.0");
    other = process(14, CK_KIND_SAVED, 1, "srun-0.0");
    c = asks(0);
    id = stops(a, NULL, 0);
    stops(b, NULL, 0);
    stops(other, NULL, 0);
    for (int i = 0; i < 6; i++) {
        pull = GET(a, drain, DRAIN);
        assert_int_equal(pull.flags, i ? CK_DRAIN_PULL : 0);
        assert_int_equal(GET(b, drain, DRAIN).flags, 0);
        assert_int_equal(GET(other, drain, DRAIN).flags, 0);
        hold = GET(srun, drain, DRAIN);
        assert_int_equal(hold.flags, i ? CK_DRAIN_HOLD : 0);
        assert_memory_equal(pull.token, hold.token, sizeof pull.token);
        SEND(a, drained, DRAINED, .id = id, .inq = (uint64_t)i,
             .input = i == 5 ? CK_INPUT_STILL : CK_INPUT_HAS);
        SEND(b, drained, DRAINED, .id = id, .input = CK_INPUT_HAS);
        SEND(other, drained, DRAINED, .id = id, .input = CK_INPUT_HAS);
        SEND(srun, drained, DRAINED, .id = id,
             .input = i ? CK_INPUT_STILL : CK_INPUT_NONE);
    }
    get(srun, CK_MSG_STOP);
    leave(srun);
    leave(a);
    leave(b);
    leave(other);
    leave(c);
}

static void a_task_that_just_begins_is_waited_for(void **state)
{
    struct fake *shell, *srun, *task, *c;

    (void)state;
    start(NULL);
    shell = process(10, CK_KIND_SAVED, 1, "batch");
    srun = process(11, CK_KIND_REEXEC, 0, "batch");
    c = asks(0);
    get(shell, CK_MSG_STOP);
    task = registers(12, CK_KIND_SAVED, 1, "srun-11.0");
    quiet(task);
    SEND(shell, stopped, STOPPED, .id = 1);
    get(shell, CK_MSG_ABORT);
    get(srun, CK_MSG_ABORT);
    get(task, CK_MSG_WELCOME);
    get(shell, CK_MSG_STOP); /* again */
    get(task, CK_MSG_STOP);
    leave(shell);
    leave(srun);
    leave(task);
    leave(c);
}

static void output_that_does_not_drain_fails_the_checkpoint(void **state)
{
    static const char *const options[] = {"--limit-drain", "0.1", NULL};
    struct fake *shell, *srun, *c;
    struct ck_frame f;
    uint32_t id;

    (void)state;
    start(options);
    shell = process(10, CK_KIND_SAVED, 1, "srun-1.0");
    srun = process(11, CK_KIND_REEXEC, 0, "batch");
    c = asks(0);
    id = stops(shell, NULL, 0);
    for (;;) {
        assert_int_equal(ck_client_recv(shell->fd, &shell->rx, LIMIT_MS, &f),
                         1);
        if (f.type != CK_MSG_DRAIN)
            break;
        SEND(shell, drained, DRAINED, .id = id, .outq = 100);
        SEND(srun, drained, DRAINED, .id = id);
    }
    assert_int_equal(f.type, CK_MSG_ABORT);
    leave(shell);
    leave(srun);
    leave(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(launchers_are_drained_then_stopped),
        T(input_comes_to_rest),
        T(a_task_that_just_begins_is_waited_for),
        T(output_that_does_not_drain_fails_the_checkpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
