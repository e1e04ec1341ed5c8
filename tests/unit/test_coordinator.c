/* test_coordinator.c - checkpoints, led for peers that are only sockets. */
#include "tests/unit/fake.h"

#include "lib/base/manifest.h"

static void a_checkpoint_commits_a_set(void **state)
{
    struct ck_manifest *m;
    struct ck_err e;
    struct fake *p;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    assert_int_equal(checkpoint(p, 10), 1);
    assert_int_equal(ck_set_manifest(job, 1, &m, &e), 0);
    assert_int_equal(m->number, 1);
    assert_int_equal(m->generation, 1);
    assert_int_equal(m->processes, 1);
    assert_int_equal(m->ntrees, 1);
    assert_int_equal(m->nimages, 2);
    assert_non_null(ck_manifest_find(m, "proc.main.10.img"));
    assert_int_equal(ck_manifest_bytes(m), 10);
    ck_manifest_destroy(m);
    assert_true(status_becomes("running"));
    leave(p);
}

static void resume_waits_for_the_capture_and_every_snapshot(void **state)
{
    struct fake *a, *b, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    a = process(12, CK_KIND_SAVED, 1, "main");
    b = process(11, CK_KIND_SAVED, 0, "main");
    c = asks(0);
    id = stops(a, NULL, 0);
    quiet(a); /* b has not stopped */
    stops(b, NULL, 0);
    get(a, CK_MSG_CAPTURE); /* the root's agent, nobody else's */
    snaps(a, id);
    snaps(b, id);
    quiet(a);
    captures(id, "main");
    get(a, CK_MSG_RESUME);
    get(b, CK_MSG_RESUME);
    writes(a, id, "proc.main.12.img");
    assert_false(have("set-000001/MANIFEST"));
    writes(b, id, "proc.main.11.img");
    assert_int_equal(final(c, NULL), 0);
    leave(a);
    leave(b);
    leave(c);
}

/* One process runs on, and neither it nor its helper has written yet. */
static struct fake *captured(struct fake *p, uint32_t *id)
{
    struct fake *h;

    *id = stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    snaps(p, *id);
    h = peer(CK_ROLE_CAPTURE);
    SEND(h, capture_hello, CAPTURE_HELLO, .id = *id, .tree = "main");
    get(h, CK_MSG_CAPTURE_LIST);
    SEND(h, snapped, SNAPPED, .id = *id);
    get(p, CK_MSG_RESUME);
    return h;
}

static void a_helper_may_say_captured_before_its_file_is_synced(void **state)
{
    struct fake *p, *h, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    h = captured(p, &id);
    writes(p, id, "proc.main.10.img");
    quiet(p);
    assert_false(have("set-000001/MANIFEST"));
    writes(h, id, "tree.main.img");
    get(h, CK_MSG_REHEARSE);
    SEND(h, rehearsed, REHEARSED, .id = id);
    assert_int_equal(final(c, NULL), 0);
    leave(p);
    leave(h);
    leave(c);
}

static void an_image_has_the_name_that_the_tree_knows(void **state)
{
    struct fake *p, *h, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    h = captured(p, &id);
    writes(p, id, "proc.main.11.img");
    assert_int_equal(final(c, NULL), -EIO);
    assert_false(have("set-000001/MANIFEST"));
    leave(p);
    leave(h);
    leave(c);
}

static void the_capture_list_names_the_tree_s_members(void **state)
{
    struct fake *a, *b, *other, *h, *c;
    struct ck_msg_capture_list m;
    struct ck_rd r;
    uint32_t id;

    (void)state;
    start(NULL);
    a = process(10, CK_KIND_SAVED, 1, "main");
    b = process(12, CK_KIND_STANDIN, 0, "main");
    other = process(20, CK_KIND_SAVED, 1, "main-2");
    c = asks(0);
    id = stops(a, NULL, 0);
    stops(b, NULL, 0);
    stops(other, NULL, 0);
    get(a, CK_MSG_CAPTURE);
    get(other, CK_MSG_CAPTURE);
    h = peer(CK_ROLE_CAPTURE);
    SEND(h, capture_hello, CAPTURE_HELLO, .id = id, .tree = "main");
    m = GET(h, capture_list, CAPTURE_LIST);
    assert_int_equal(m.members.n, 18);
    assert_int_equal(m.several, 0);
    ck_rd_init(&r, m.members.p, m.members.n);
    assert_int_equal(ck_get_uint(&r, 4), 10);
    assert_int_equal(ck_get_uint(&r, 4), 10);
    assert_int_equal(ck_get_uint(&r, 1), CK_KIND_SAVED);
    assert_int_equal(ck_get_uint(&r, 4), 12);
    assert_int_equal(ck_get_uint(&r, 4), 12);
    assert_int_equal(ck_get_uint(&r, 1), CK_KIND_STANDIN);
    leave(a);
    leave(b);
    leave(other);
    leave(h);
    leave(c);
}

static void a_process_that_fails_aborts_for_all(void **state)
{
    struct fake *a, *b, *c;
    char text[256];
    uint32_t id;

    (void)state;
    start(NULL);
    a = process(10, CK_KIND_SAVED, 1, "main");
    b = process(11, CK_KIND_SAVED, 0, "main");
    c = asks(0);
    id = stops(a, NULL, 0);
    stops(b, NULL, 0);
    get(a, CK_MSG_CAPTURE);
    get(a, CK_MSG_SNAPSHOT);
    get(b, CK_MSG_SNAPSHOT);
    SEND(b, failed, FAILED, .id = id, .phase = CK_PHASE_SNAPSHOT,
         .reason = "descriptor 5 is a socket");
    get(a, CK_MSG_ABORT);
    get(b, CK_MSG_ABORT);
    assert_int_equal(final(c, text), -EIO);
    assert_non_null(strstr(text, "descriptor 5 is a socket"));
    assert_non_null(strstr(text, "pid 11 on n1"));
    assert_true(status_becomes("running"));
    assert_false(have("set-000001"));
    leave(a);
    leave(b);
    leave(c);
}

static void the_older_set_stands_when_a_checkpoint_fails(void **state)
{
    struct fake *p, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    checkpoint(p, 10);
    c = asks(0);
    id = stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    SEND(p, failed, FAILED, .id = id, .phase = CK_PHASE_WRITE,
         .reason = "no space left");
    assert_int_equal(final(c, NULL), -EIO);
    assert_true(have("set-000001/MANIFEST"));
    leave(p);
    leave(c);
}

static void a_retriable_failure_is_tried_again_for_who_waits(void **state)
{
    struct fake *p, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    for (id = 1; id <= 2; id++) { /* at once, and nobody is told */
        assert_non_null(strstr(GET(c, reply, REPLY).text, "has begun"));
        assert_int_equal(GET(p, stop, STOP).id, id);
        is_busy(p, id, CK_PHASE_STOP);
    }
    id = stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    get(p, CK_MSG_SNAPSHOT);
    is_busy(p, id, 0);
    id = stops(p, NULL, 0);
    assert_int_equal(id, 4);
    get(p, CK_MSG_CAPTURE);
    captures(id, "main");
    snaps(p, id);
    get(p, CK_MSG_RESUME);
    writes(p, id, "proc.main.10.img");
    assert_int_equal(final(c, NULL), 0);
    leave(p);
    leave(c);
}

static void who_leaves_before_it_is_stopped_is_not_waited_for(void **state)
{
    struct fake *a, *b, *c;

    (void)state;
    start(NULL);
    a = process(10, CK_KIND_SAVED, 1, "main");
    b = process(11, CK_KIND_SAVED, 0, "main");
    c = asks(0);
    stops(a, NULL, 0);
    get(b, CK_MSG_STOP);
    leave(b);
    get(a, CK_MSG_CAPTURE);
    leave(a);
    leave(c);
}

static void who_is_lost_after_it_was_stopped_aborts(void **state)
{
    struct fake *a, *b, *c;

    (void)state;
    start(NULL);
    a = process(10, CK_KIND_SAVED, 1, "main");
    b = process(11, CK_KIND_SAVED, 0, "main");
    c = asks(0);
    stops(b, NULL, 0);
    get(a, CK_MSG_STOP);
    leave(b);
    get(a, CK_MSG_ABORT);
    leave(a);
    leave(c);
}

static void a_child_on_its_way_is_waited_for_and_stopped(void **state)
{
    const uint32_t child[] = {11};
    struct fake *a, *b, *c;

    (void)state;
    start(NULL);
    a = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    stops(a, child, 1);
    quiet(a);
    b = process(11, CK_KIND_SAVED, 0, "main");
    stops(b, NULL, 0);
    get(a, CK_MSG_CAPTURE);
    leave(a);
    leave(b);
    leave(c);
}

static void a_parent_is_asked_again_while_a_child_is_missing(void **state)
{
    const uint32_t child[] = {11};
    struct fake *a, *c;

    (void)state;
    start(NULL);
    a = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    stops(a, child, 1);
    stops(a, NULL, 0); /* it has ended */
    get(a, CK_MSG_CAPTURE);
    leave(a);
    leave(c);
}

static void a_child_that_never_comes_is_named(void **state)
{
    static const char *const options[] = {"--limit-stop", "0.3", NULL};
    const uint32_t child[] = {4711};
    struct fake *a, *c;
    struct ck_msg_reply m;
    struct ck_frame f;

    (void)state;
    start(options);
    a = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    while (ck_client_recv(a->fd, &a->rx, LIMIT_MS, &f) == 1 &&
           f.type == CK_MSG_STOP)
        SEND(a, stopped, STOPPED, .id = 1, .children = {child, 4});
    assert_int_equal(f.type, CK_MSG_ABORT);
    do
        m = GET(c, reply, REPLY);
    while (strstr(m.text, "begun"));
    assert_non_null(strstr(m.text, "process 4711, a child of prog (pid 10"));
    leave(a);
    leave(c);
}

static void who_does_not_stop_is_named(void **state)
{
    static const char *const options[] = {"--limit-stop", "0.1", NULL};
    struct fake *a, *b, *c;
    struct ck_msg_reply m;

    (void)state;
    start(options);
    a = process(10, CK_KIND_SAVED, 1, "main");
    b = process(11, CK_KIND_SAVED, 0, "main");
    c = asks(0);
    stops(a, NULL, 0);
    get(b, CK_MSG_STOP);
    get(a, CK_MSG_ABORT);
    get(b, CK_MSG_ABORT);
    do
        m = GET(c, reply, REPLY);
    while (strstr(m.text, "begun"));
    assert_non_null(strstr(m.text, "no answer from 1 of 2 within 0.1 s: "
                                   "prog (pid 11 on n1), stopping"));
    leave(a);
    leave(b);
    leave(c);
}

static void a_new_root_waits_until_the_stop_is_over(void **state)
{
    struct fake *a, *b, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    a = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    get(a, CK_MSG_STOP);
    b = registers(20, CK_KIND_SAVED, 1, "main-2");
    quiet(b);
    id = 1;
    SEND(a, stopped, STOPPED, .id = id);
    get(a, CK_MSG_CAPTURE);
    captures(id, "main");
    snaps(a, id);
    get(a, CK_MSG_RESUME);
    get(b, CK_MSG_WELCOME);
    leave(a);
    leave(b);
    leave(c);
}

static void kill_ends_all_once_the_set_is_committed(void **state)
{
    struct fake *p, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(CK_CMD_KILLFLAG);
    assert_int_equal(GET(p, stop, STOP).final, 1);
    id = 1;
    SEND(p, stopped, STOPPED, .id = id);
    get(p, CK_MSG_CAPTURE);
    captures(id, "main");
    snaps(p, id);
    quiet(p); /* not resumed */
    writes(p, id, "proc.main.10.img");
    assert_int_equal(final(c, NULL), 0);
    assert_int_equal(GET(p, signal, SIGNAL).sig, SIGKILL);
    assert_true(have("set-000001/MANIFEST"));
    leave(p);
    leave(c);
    assert_int_equal(ended(), 0);
}

static void a_program_executed_while_writing_loses_nothing(void **state)
{
    struct fake *p, *q, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    id = stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    captures(id, "main");
    snaps(p, id);
    get(p, CK_MSG_RESUME);
    q = process(10, CK_KIND_SAVED, 1, "main");
    writes(p, id, "proc.main.10.img"); /* the writer, on the old connection */
    assert_int_equal(final(c, NULL), 0);
    leave(p);
    leave(q);
    leave(c);
}

static void only_the_newest_sets_are_kept(void **state)
{
    static const char *const options[] = {"--keep", "2", NULL};
    struct fake *p;

    (void)state;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    for (int i = 0; i < 3; i++)
        checkpoint(p, 10);
    assert_true(status_becomes("running"));
    assert_false(have("set-000001"));
    assert_true(have("set-000002/MANIFEST"));
    assert_true(have("set-000003/MANIFEST"));
    leave(p);
}

static void numbers_grow_over_the_coordinator_s_life(void **state)
{
    struct fake *p;
    struct ck_err e;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    checkpoint(p, 10);
    leave(p);
    assert_int_equal(ended(), 0);
    /* Even when the set itself is gone: nobody may mistake one for another. */
    assert_int_equal(ck_set_delete(job, 1, &e), 0);
    start(NULL);
    p = registers(10, CK_KIND_SAVED, 1, "main");
    assert_int_equal(GET(p, welcome, WELCOME).generation, 2);
    assert_int_equal(checkpoint(p, 10), 2);
    leave(p);
}

static void a_file_name_that_leaves_the_set_is_refused(void **state)
{
    struct fake *p, *c;
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    id = stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    get(p, CK_MSG_SNAPSHOT);
    SEND(p, written, WRITTEN, .id = id, .file = "proc.../../x.img");
    get(p, CK_MSG_ABORT);
    assert_int_equal(final(c, NULL), -EIO);
    leave(p);
    leave(c);
}

static void a_file_shorter_than_reported_is_no_set(void **state)
{
    struct fake *p, *c;
    char text[256], path[CK_PATH + 64];
    uint32_t id;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    id = stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    snprintf(path, sizeof path, "%s/set-000001/tree.main.img", job);
    captures(id, "main");
    snaps(p, id);
    get(p, CK_MSG_RESUME);
    assert_int_equal(truncate(path, 3), 0);
    writes(p, id, "proc.main.10.img");
    do
        snprintf(text, sizeof text, "%s", GET(c, reply, REPLY).text);
    while (!strstr(text, "3 bytes"));
    assert_false(have("set-000001/MANIFEST"));
    leave(p);
    leave(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_checkpoint_commits_a_set),
        T(resume_waits_for_the_capture_and_every_snapshot),
        T(a_helper_may_say_captured_before_its_file_is_synced),
        T(an_image_has_the_name_that_the_tree_knows),
        T(the_capture_list_names_the_tree_s_members),
        T(a_process_that_fails_aborts_for_all),
        T(the_older_set_stands_when_a_checkpoint_fails),
        T(a_retriable_failure_is_tried_again_for_who_waits),
        T(who_leaves_before_it_is_stopped_is_not_waited_for),
        T(who_is_lost_after_it_was_stopped_aborts),
        T(a_child_on_its_way_is_waited_for_and_stopped),
        T(a_parent_is_asked_again_while_a_child_is_missing),
        T(a_child_that_never_comes_is_named),
        T(who_does_not_stop_is_named),
        T(a_new_root_waits_until_the_stop_is_over),
        T(kill_ends_all_once_the_set_is_committed),
        T(a_program_executed_while_writing_loses_nothing),
        T(only_the_newest_sets_are_kept),
        T(numbers_grow_over_the_coordinator_s_life),
        T(a_file_name_that_leaves_the_set_is_refused),
        T(a_file_shorter_than_reported_is_no_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
