/* test_lost.c - who has lost its connection, and who says what it means. */
#include "tests/unit/fake.h"

static struct fake *main_of(void)
{
    static const char *const soon[] = {"--limit-stop", "2", NULL};

    start(soon);
    return process_of("n1", 10, CK_KIND_SAVED, 1, "main");
}

/* The next message to p that is no question about another. */
static struct ck_frame next(struct fake *p)
{
    struct ck_frame f;

    do
        assert_int_equal(ck_client_recv(p->fd, &p->rx, LIMIT_MS, &f), 1);
    while (f.type == CK_MSG_INQUIRE);
    return f;
}

static uint32_t stops_asked(struct fake *p)
{
    struct ck_frame f = next(p);
    struct ck_msg_stop m;

    assert_int_equal(f.type, CK_MSG_STOP);
    assert_int_equal(CK_DECODE(&f, stop, &m), 0);
    SEND(p, stopped, STOPPED, .id = m.id, .threads = 1, .bytes = 4096);
    return m.id;
}

static void goes_on(struct fake *p)
{
    assert_int_equal(next(p).type, CK_MSG_CAPTURE);
}

static void fails_for(struct fake *p, const char *who)
{
    struct ck_frame f = next(p);
    struct ck_msg_abort m;

    assert_int_equal(f.type, CK_MSG_ABORT);
    assert_int_equal(CK_DECODE(&f, abort, &m), 0);
    assert_non_null(strstr(m.reason, who));
    assert_non_null(strstr(m.reason, "is missing"));
}

static void nobody_has_seen_it_end(void **state)
{
    struct fake *a, *b;

    (void)state;
    a = main_of();
    b = process_of("n2", 20, CK_KIND_SAVED, 1, "main-2");
    leave(b);
    asks(0);
    stops_asked(a);
    fails_for(a, "prog (pid 20 on n2) of tree main-2");
}

static void one_lost_while_all_are_being_stopped(void **state)
{
    struct fake *a, *b;

    (void)state;
    a = main_of();
    b = process_of("n2", 20, CK_KIND_SAVED, 1, "main-2");
    asks(0);
    get(b, CK_MSG_STOP);
    leave(b);
    stops_asked(a);
    fails_for(a, "prog (pid 20 on n2)");
}

static void one_that_is_back_while_all_are_stopped_is_stopped_too(void **state)
{
    struct fake *a, *b;
    uint32_t id;

    (void)state;
    a = main_of();
    b = process_of("n2", 20, CK_KIND_SAVED, 0, "main");
    asks(0);
    id = stops_asked(a);
    get(b, CK_MSG_STOP);
    leave(b);
    b = process_of("n2", 20, CK_KIND_SAVED, 0, "main");
    assert_int_equal(stops_asked(b), id);
    goes_on(a);
}

static void another_of_its_node_has(void **state)
{
    struct fake *a, *b, *d;
    struct ck_msg_inquire q;

    (void)state;
    a = main_of();
    b = process_of("n2", 20, CK_KIND_SAVED, 0, "main");
    d = process_of("n2", 21, CK_KIND_SAVED, 0, "main");
    leave(b);
    q = GET(d, inquire, INQUIRE);
    assert_int_equal(q.pid, 20);
    assert_int_equal(q.start, START(20));
    SEND(d, answer, ANSWER, .pid = q.pid, .start = q.start, .over = 0);
    asks(0);
    stops_asked(a);
    stops_asked(d);
    SEND(d, answer, ANSWER, .pid = q.pid, .start = q.start, .over = 1);
    goes_on(a);
}

static void another_of_its_number_says_nothing(void **state)
{
    struct fake *a, *b, *d;

    (void)state;
    a = main_of();
    b = process_of("n2", 20, CK_KIND_SAVED, 0, "main");
    d = process_of("n3", 20, CK_KIND_SAVED, 0, "main");
    leave(b);
    SEND(d, answer, ANSWER, .pid = 20, .start = START(20), .over = 1);
    asks(0);
    stops_asked(a);
    stops_asked(d);
    fails_for(a, "prog (pid 20 on n2)");
}

static void its_tree_has_a_record(void **state)
{
    struct fake *a, *b;
    char path[CK_PATH + 64];

    (void)state;
    a = main_of();
    b = process_of("n2", 20, CK_KIND_SAVED, 1, "main-2");
    leave(b);
    asks(0);
    stops_asked(a);
    snprintf(path, sizeof path, "%s/exit.main-2", job);
    assert_int_equal(ck_jobdir_replace(path, "0\n", 2, NULL), 0);
    goes_on(a);
}

static void its_launcher_has_ended(void **state)
{
    struct fake *a, *b, *l;

    (void)state;
    a = main_of();
    l = process(30, CK_KIND_REEXEC, 0, "main");
    b = process_of("n2", 20, CK_KIND_SAVED, 1, "srun-30.1");
    leave(b);
    leave(l);
    asks(0);
    stops_asked(a);
    goes_on(a);
}

static void it_is_back_in_another_program(void **state)
{
    struct fake *a, *b;

    (void)state;
    a = main_of();
    b = process_of("n2", 20, CK_KIND_SAVED, 1, "main-2");
    leave(b);
    b = process_of("n2", 20, CK_KIND_SAVED, 1, "main-2");
    asks(0);
    stops_asked(a);
    stops_asked(b);
    goes_on(a);
}

/* Its connection is open, since something that it left behind has it. */
static void one_that_has_ended_does_not_take_the_next_phase_s_time(void **state)
{
    static const char *const soon[] = {"--limit-stop", "0.5", NULL};
    struct fake *a, *b, *c;
    pid_t pid = fork();
    uint32_t id;

    (void)state;
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    start(soon);
    a = process(10, CK_KIND_SAVED, 1, "main");
    b = process_of(ck_env_node(), (uint32_t)pid, CK_KIND_SAVED, 0, "main");
    c = asks(0);
    id = stops(a, NULL, 0);
    get(b, CK_MSG_STOP);
    get(a, CK_MSG_CAPTURE);
    captures(id, "main");
    snaps(a, id);
    get(a, CK_MSG_RESUME);
    writes(a, id, "proc.main.10.img");
    assert_int_equal(final(c, NULL), 0);
    leave(a);
    leave(b);
    leave(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nobody_has_seen_it_end),
        T(one_lost_while_all_are_being_stopped),
        T(one_that_is_back_while_all_are_stopped_is_stopped_too),
        T(another_of_its_node_has),
        T(another_of_its_number_says_nothing),
        T(its_tree_has_a_record),
        T(its_launcher_has_ended),
        T(it_is_back_in_another_program),
        T(one_that_has_ended_does_not_take_the_next_phase_s_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
