/* test_server.c - the coordinator's door, its commands, restarts, its end. */
#include "tests/unit/fake.h"

#include "coordinator/link.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "lib/proto/addr.h"

/* A bare connection, without a handshake. */
static void closes(int fd, int limit_ms)
{
    struct timeval tv = {limit_ms / 1000, limit_ms % 1000 * 1000};
    char buf[64];
    ssize_t n;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    do
        n = recv(fd, buf, sizeof buf, 0);
    while (n > 0);
    assert_true(n == 0 || errno == ECONNRESET);
    close(fd);
}

static void garbage_is_closed(void **state)
{
    int fd;

    (void)state;
    start(NULL);
    fd = knock();
    assert_int_equal(send(fd, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL),
                     18);
    closes(fd, LIMIT_MS);
    assert_true(times_in("log", "a connection is closed: garbage received") >
                0);
}

static void a_stranger_s_large_frame_is_closed(void **state)
{
    static const uint8_t head[64] = {0x43, 0x4b, 0x50, 0x31, 1, 0, 1, 0,
                                     0, 0, 2, 0};
    int fd;

    (void)state;
    start(NULL);
    fd = knock();
    assert_int_equal(send(fd, head, sizeof head, MSG_NOSIGNAL), 64);
    closes(fd, LIMIT_MS);
}

static void a_silent_stranger_is_closed_after_a_while(void **state)
{
    int fd;

    (void)state;
    start(NULL);
    fd = knock();
    closes(fd, CK_LINK_AUTH_MS + 2000);
}

static void strangers_do_not_keep_others_out(void **state)
{
    int fd[300];

    (void)state;
    start(NULL);
    for (unsigned i = 0; i < 300; i++)
        fd[i] = knock();
    leave(process(10, CK_KIND_SAVED, 1, "main"));
    closes(fd[0], LIMIT_MS); /* the oldest had to go */
    for (unsigned i = 1; i < 300; i++)
        close(fd[i]);
}

/* A restart of thousands: the first is not sent away for the last. */
static void many_that_come_at_once_are_all_let_in(void **state)
{
    struct ck_msg_hello hello = {.role = CK_ROLE_CONTROL};
    uint8_t buf[256], frame[64];
    struct ck_client_rx rx;
    struct ck_frame f;
    int fd[400];

    (void)state;
    start(NULL);
    kill(coordinator, SIGSTOP);
    for (unsigned i = 0; i < 400; i++)
        fd[i] = knock();
    kill(coordinator, SIGCONT);
    for (unsigned i = 0; i < 400; i++) {
        CK_CLIENT_SEND(fd[i], frame, sizeof frame, hello, HELLO, &hello);
        ck_client_rx_init(&rx, buf, sizeof buf);
        assert_int_equal(ck_client_recv(fd[i], &rx, LIMIT_MS, &f), 1);
        assert_int_equal(f.type, CK_MSG_CHALLENGE);
        close(fd[i]);
    }
}

static void another_key_is_refused_on_both_sides(void **state)
{
    uint8_t buf[256], frame[64], mac[16] = {0};
    struct ck_msg_hello hello = {.role = CK_ROLE_CONTROL};
    struct ck_msg_prove prove;
    struct ck_client_rx rx;
    char path[CK_PATH + 64], why[256];
    struct ck_frame f;
    int fd;

    (void)state;
    start(NULL);
    fd = knock();
    assert_int_equal(CK_CLIENT_SEND(fd, frame, sizeof frame, hello, HELLO,
                                    &hello), 0);
    ck_client_rx_init(&rx, buf, sizeof buf);
    assert_int_equal(ck_client_recv(fd, &rx, LIMIT_MS, &f), 1);
    assert_int_equal(f.type, CK_MSG_CHALLENGE);
    memcpy(prove.mac, mac, sizeof mac);
    assert_int_equal(CK_CLIENT_SEND(fd, frame, sizeof frame, prove, PROVE,
                                    &prove), 0);
    closes(fd, LIMIT_MS);
    /* And a client does not believe who holds another key. */
    snprintf(path, sizeof path, "%s/key", job);
    fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "0000", 4, 0), 4);
    close(fd);
    assert_int_equal(ck_client_connect(job, CK_ROLE_CONTROL, LIMIT_MS, why,
                                       sizeof why), -EACCES);
}

static void a_message_of_another_role_is_closed(void **state)
{
    struct fake *p, *c;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    SEND(p, command, COMMAND, .cmd = CK_CMD_KILL);
    gone(p);
    c = peer(CK_ROLE_CONTROL);
    SEND(c, written, WRITTEN, .id = 1, .file = "x");
    gone(c);
    leave(p);
    leave(c);
}

static void a_truncated_body_is_closed(void **state)
{
    struct fake *p;
    uint8_t frame[64];
    struct ck_wr w;
    long n;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    ck_frame_begin(&w, frame, sizeof frame, CK_MSG_STOPPED);
    ck_put_uint(&w, 1, 4);
    n = ck_frame_end(&w);
    assert_int_equal(ck_client_send(p->fd, frame, (size_t)n), 0);
    gone(p);
    leave(p);
}

static void who_does_not_read_does_not_stall_the_others(void **state)
{
    struct fake *deaf, *c;

    (void)state;
    start(NULL);
    deaf = peer(CK_ROLE_CONTROL);
    for (unsigned i = 0; i < 20000; i++) {
        struct ck_msg_command m = {.cmd = CK_CMD_STATUS};

        if (CK_FRAME(out, sizeof out, command, COMMAND, &m) < 0 ||
            send(deaf->fd, out, CK_FRAME_HEADER + 9,
                 MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
    }
    c = peer(CK_ROLE_CONTROL);
    SEND(c, command, COMMAND, .cmd = CK_CMD_STATUS);
    get(c, CK_MSG_REPLY);
    leave(c);
    leave(deaf);
}

static void status_is_one_document_with_its_fields(void **state)
{
    struct ck_msg_reply m;
    struct fake *p, *c;
    const struct ck_jval *x;
    struct ck_jval *v;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = peer(CK_ROLE_CONTROL);
    SEND(c, command, COMMAND, .cmd = CK_CMD_STATUS);
    m = GET(c, reply, REPLY);
    assert_int_equal(m.final, 1);
    v = ck_jparse(m.text, strlen(m.text));
    assert_non_null(v);
    assert_string_equal(ck_jstr(v, "state", ""), "running");
    assert_int_equal(ck_jnum(v, "generation", 0), 1);
    assert_string_equal(ck_jstr(v, "job_dir", ""), job);
    assert_non_null(ck_jget(v, "coordinator"));
    assert_non_null(ck_jget(v, "progress"));
    assert_non_null(ck_jget(v, "last_checkpoint"));
    x = ck_jget(v, "processes")->child;
    assert_int_equal(ck_jnum(x, "pid", 0), 10);
    assert_int_equal(ck_jnum(x, "real_pid", 0), 10);
    assert_string_equal(ck_jstr(x, "node", ""), "n1");
    assert_string_equal(ck_jstr(x, "command", ""), "prog");
    assert_string_equal(ck_jstr(x, "state", ""), "running");
    ck_jfree(v);
    leave(p);
    leave(c);
}

static void without_a_process_there_is_no_checkpoint(void **state)
{
    struct fake *c;

    (void)state;
    start(NULL);
    c = asks(0);
    assert_int_equal(final(c, NULL), -ESRCH);
    leave(c);
}

static void the_clock_begins_a_checkpoint(void **state)
{
    static const char *const options[] = {"--interval", "1", NULL};
    struct fake *p;

    (void)state;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    get(p, CK_MSG_STOP);
    leave(p);
}

static void interval_can_be_set(void **state)
{
    struct fake *p, *c;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = peer(CK_ROLE_CONTROL);
    SEND(c, command, COMMAND, .cmd = CK_CMD_INTERVAL, .arg = 1);
    assert_int_equal(final(c, NULL), 0);
    get(p, CK_MSG_STOP);
    leave(p);
    leave(c);
}

static void a_program_asks_for_its_own_checkpoint(void **state)
{
    struct fake *p;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    SEND(p, request, REQUEST, .flags = 0);
    get(p, CK_MSG_STOP);
    leave(p);
}

static void a_program_without_the_runtime_is_told_once(void **state)
{
    char path[CK_PATH + 16], text[4096];
    const char *found;
    struct fake *p;

    (void)state;
    start(NULL);
    p = process(7, CK_KIND_SAVED, 1, "main");
    SEND(p, outside, OUTSIDE, .pid = 9, .path = "/x\ny", .why = "is static");
    SEND(p, outside, OUTSIDE, .pid = 8, .path = "/x\ny", .why = "is static");
    quiet(p);
    snprintf(path, sizeof path, "%s/journal", job);
    assert_true(ck_read_file(path, text, sizeof text) > 0);
    found = strstr(text, " text=/x?y (started by prog, process 9) is static:");
    assert_true(found && !strstr(found + 8, "/x?y"));
}

static void quit_is_term_and_then_kill(void **state)
{
    static const char *const options[] = {"--limit-quit", "0.1", NULL};
    struct fake *p, *c;

    (void)state;
    start(options);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = peer(CK_ROLE_CONTROL);
    SEND(c, command, COMMAND, .cmd = CK_CMD_QUIT);
    assert_int_equal(final(c, NULL), 0);
    assert_int_equal(GET(p, signal, SIGNAL).sig, SIGTERM);
    assert_int_equal(GET(p, signal, SIGNAL).sig, SIGKILL);
    leave(p);
    leave(c);
    assert_int_equal(ended(), 0);
}

static void who_comes_while_all_are_ended_is_ended_too(void **state)
{
    struct fake *p, *late, *c;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = peer(CK_ROLE_CONTROL);
    SEND(c, command, COMMAND, .cmd = CK_CMD_KILL);
    assert_int_equal(final(c, NULL), 0);
    late = registers(11, CK_KIND_SAVED, 0, "main");
    assert_int_equal(GET(late, signal, SIGNAL).sig, SIGKILL);
    leave(p);
    leave(late);
    leave(c);
}

static void quit_during_a_checkpoint_ends_it(void **state)
{
    struct fake *p, *c;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    leave(asks(0));
    stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    get(p, CK_MSG_SNAPSHOT);
    c = peer(CK_ROLE_CONTROL);
    SEND(c, command, COMMAND, .cmd = CK_CMD_KILL);
    get(p, CK_MSG_ABORT);
    assert_int_equal(GET(p, signal, SIGNAL).sig, SIGKILL);
    leave(p);
    leave(c);
    assert_int_equal(ended(), 0);
    assert_false(have("set-000001"));
}

static void it_ends_with_the_last_process(void **state)
{
    struct fake *p;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    leave(p);
    assert_int_equal(ended(), 0);
    assert_false(have("coordinator"));
    assert_true(status_becomes("ended"));
}

static void it_stays_when_told_to(void **state)
{
    static const char *const options[] = {"--stay", "--limit-linger", "0.01",
                                          NULL};
    struct fake *c;

    (void)state;
    start(options);
    leave(process(10, CK_KIND_SAVED, 1, "main"));
    assert_true(status_becomes("idle"));
    leave(process(11, CK_KIND_SAVED, 1, "main"));
    c = peer(CK_ROLE_CONTROL);
    SEND(c, command, COMMAND, .cmd = CK_CMD_SHUTDOWN);
    assert_int_equal(ended(), 0);
    leave(c);
}

static void it_ends_when_nobody_comes(void **state)
{
    static const char *const options[] = {"--limit-first", "0.05", NULL};

    (void)state;
    start(options);
    assert_int_equal(ended(), 0);
}

static void a_second_one_is_refused(void **state)
{
    pid_t first;

    (void)state;
    start(NULL);
    first = coordinator;
    coordinator = fork();
    if (coordinator == 0) {
        char *argv[] = {(char *)"coordinator", (char *)"--foreground",
                        (char *)"--unkept", (char *)"--dir", job, NULL};

        close(2);
        _exit(ck_coordinator_main(5, argv));
    }
    assert_int_equal(ended(), 1);
    coordinator = first;
    leave(process(10, CK_KIND_SAVED, 1, "main"));
}

/* ---- restarts ---- */

/* A committed set of two processes, in a directory without a coordinator. */
static void prepare(void)
{
    struct fake *a, *b, *c;
    uint32_t id;

    start(NULL);
    a = process(10, CK_KIND_SAVED, 1, "main");
    b = process(11, CK_KIND_SAVED, 0, "main");
    c = asks(0);
    id = stops(a, NULL, 0);
    stops(b, NULL, 0);
    get(a, CK_MSG_CAPTURE);
    captures(id, "main");
    snaps(a, id);
    snaps(b, id);
    writes(a, id, "proc.main.10.img");
    writes(b, id, "proc.main.11.img");
    assert_int_equal(final(c, NULL), 0);
    leave(a);
    leave(b);
    leave(c);
    assert_int_equal(ended(), 0);
}

static struct fake *restoring(uint32_t vpid)
{
    struct fake *p = peer(CK_ROLE_RESTORING);

    SEND(p, restoring, RESTORING, .pid = 1000 + vpid, .vpid = vpid,
         .node = "n2", .tree = "main");
    return p;
}

static const char *const restore[] = {"--restore", "1", NULL};

static void go_comes_when_all_are_back(void **state)
{
    struct fake *a, *b;

    (void)state;
    prepare();
    start(restore);
    a = restoring(10);
    b = restoring(11);
    SEND(a, restored, RESTORED, .vpid = 10);
    quiet(a);
    SEND(b, restored, RESTORED, .vpid = 11);
    assert_int_equal(GET(a, go, GO).generation, 2);
    assert_int_equal(GET(b, go, GO).generation, 2);
    assert_true(status_becomes("running"));
    leave(a);
    leave(b);
    assert_int_equal(ended(), 0);
}

static void what_was_restored_is_checkpointed_again(void **state)
{
    struct fake *a, *b, *c;
    uint32_t id;

    (void)state;
    prepare();
    start(restore);
    a = restoring(10);
    b = restoring(11);
    SEND(a, restored, RESTORED, .vpid = 10);
    SEND(b, restored, RESTORED, .vpid = 11);
    get(a, CK_MSG_GO);
    get(b, CK_MSG_GO);
    c = asks(0);
    id = stops(a, (const uint32_t[]){1011}, 1);
    assert_int_equal(id, 2);
    stops(b, NULL, 0);
    get(a, CK_MSG_CAPTURE);
    leave(a);
    leave(b);
    leave(c);
}

static void a_process_is_restored_once_only(void **state)
{
    struct fake *a, *again, *stranger;

    (void)state;
    prepare();
    start(restore);
    a = restoring(10);
    again = restoring(10);
    get(again, CK_MSG_ABORT);
    gone(again);
    stranger = restoring(99);
    get(stranger, CK_MSG_ABORT);
    quiet(a);
    leave(a);
}

static void one_failure_ends_the_restart(void **state)
{
    struct fake *a, *b;

    (void)state;
    prepare();
    start(restore);
    a = restoring(10);
    b = restoring(11);
    SEND(a, restored, RESTORED, .vpid = 10);
    SEND(b, failed, FAILED, .phase = CK_PHASE_RESTORE, .reason = "bad block");
    assert_non_null(strstr(GET(a, abort, ABORT).reason, "bad block"));
    assert_int_equal(ended(), 1);
    leave(a);
    leave(b);
    assert_true(have("set-000001/MANIFEST"));
}

static void a_process_lost_while_restoring_ends_the_restart(void **state)
{
    struct fake *a, *b;

    (void)state;
    prepare();
    start(restore);
    a = restoring(10);
    b = restoring(11);
    leave(b);
    get(a, CK_MSG_ABORT);
    assert_int_equal(ended(), 1);
    leave(a);
}

static void silence_ends_the_restart_and_names_who_is_missing(void **state)
{
    static const char *const options[] = {"--restore", "1", "--limit-restore",
                                          "0.2", NULL};
    struct fake *a;
    struct ck_msg_abort m;

    (void)state;
    prepare();
    start(options);
    a = restoring(10);
    SEND(a, restored, RESTORED, .vpid = 10);
    m = GET(a, abort, ABORT);
    assert_non_null(strstr(m.reason, "pid 11 of tree main, has not connec"));
    assert_int_equal(ended(), 1);
    leave(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(garbage_is_closed),
        T(a_stranger_s_large_frame_is_closed),
        T(a_silent_stranger_is_closed_after_a_while),
        T(strangers_do_not_keep_others_out),
        T(many_that_come_at_once_are_all_let_in),
        T(another_key_is_refused_on_both_sides),
        T(a_message_of_another_role_is_closed),
        T(a_truncated_body_is_closed),
        T(who_does_not_read_does_not_stall_the_others),
        T(status_is_one_document_with_its_fields),
        T(without_a_process_there_is_no_checkpoint),
        T(the_clock_begins_a_checkpoint),
        T(interval_can_be_set),
        T(a_program_asks_for_its_own_checkpoint),
        T(a_program_without_the_runtime_is_told_once),
        T(quit_is_term_and_then_kill),
        T(who_comes_while_all_are_ended_is_ended_too),
        T(quit_during_a_checkpoint_ends_it),
        T(it_ends_with_the_last_process),
        T(it_stays_when_told_to),
        T(it_ends_when_nobody_comes),
        T(a_second_one_is_refused),
        T(go_comes_when_all_are_back),
        T(what_was_restored_is_checkpointed_again),
        T(a_process_is_restored_once_only),
        T(one_failure_ends_the_restart),
        T(a_process_lost_while_restoring_ends_the_restart),
        T(silence_ends_the_restart_and_names_who_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
