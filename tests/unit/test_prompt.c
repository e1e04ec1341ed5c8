/* test_prompt.c - the coordinator's terminal: c s l i k q ?. */
#include "tests/unit/fake.h"

#include <poll.h>

static int in, from; /* its standard input and output */

static void begin(void)
{
    char *argv[] = {(char *)"coordinator", (char *)"--interactive",
                    (char *)"--unkept", (char *)"--dir", job, NULL};
    int i[2], o[2];

    assert_int_equal(pipe2(i, O_CLOEXEC), 0);
    assert_int_equal(pipe2(o, O_CLOEXEC), 0);
    coordinator = fork();
    if (coordinator == 0) {
        dup2(i[0], 0);
        dup2(o[1], 1);
        _exit(ck_coordinator_main(5, argv));
    }
    close(i[0]);
    close(o[1]);
    in = i[1];
    from = o[0];
}

static void type(const char *line)
{
    assert_int_equal(write(in, line, strlen(line)), (int)strlen(line));
}

/* Reads until the text has come. */
static void shows(const char *want)
{
    static char buf[65536];
    size_t n = 0;

    for (;;) {
        struct pollfd p = {.fd = from, .events = POLLIN};
        ssize_t r;

        if (poll(&p, 1, LIMIT_MS) != 1)
            fail_msg("\"%s\" has not come: %s", want, buf);
        r = read(from, buf + n, sizeof buf - 1 - n);
        if (r <= 0)
            fail_msg("\"%s\" has not come: %s", want, buf);
        n += (size_t)r;
        buf[n] = '\0';
        if (strstr(buf, want))
            return;
    }
}

static int end(void **state)
{
    close(in);
    close(from);
    return teardown(state);
}

static void question_mark_lists_the_commands(void **state)
{
    (void)state;
    begin();
    shows("ckpt> ");
    type("?\n");
    shows("k    kill the computation");
}

static void l_lists_processes_and_s_shows_the_status(void **state)
{
    struct fake *p;

    (void)state;
    begin();
    shows("ckpt> ");
    p = process(10, CK_KIND_SAVED, 1, "main");
    type("l\n");
    shows("prog");
    type("s\n");
    shows("running, 1 processes");
    leave(p);
}

static void c_takes_a_checkpoint(void **state)
{
    struct fake *p;

    (void)state;
    begin();
    shows("ckpt> ");
    type("c\n");
    shows("no process is running");
    p = process(10, CK_KIND_SAVED, 1, "main");
    type("c\n");
    get(p, CK_MSG_STOP);
    leave(p);
}

static void i_sets_the_interval(void **state)
{
    struct fake *p;

    (void)state;
    begin();
    shows("ckpt> ");
    type("i x\n");
    shows("needs a time");
    p = process(10, CK_KIND_SAVED, 1, "main");
    type("i 1\n");
    get(p, CK_MSG_STOP);
    leave(p);
}

static void k_kills_and_stays(void **state)
{
    struct fake *p;

    (void)state;
    begin();
    shows("ckpt> ");
    p = process(10, CK_KIND_SAVED, 1, "main");
    type("k\n");
    assert_int_equal(GET(p, signal, SIGNAL).sig, SIGKILL);
    leave(p);
    assert_true(status_becomes("idle"));
    leave(process(11, CK_KIND_SAVED, 1, "main"));
}

static void q_kills_and_ends(void **state)
{
    struct fake *p;

    (void)state;
    begin();
    shows("ckpt> ");
    p = process(10, CK_KIND_SAVED, 1, "main");
    type("q\n");
    assert_int_equal(GET(p, signal, SIGNAL).sig, SIGKILL);
    leave(p);
    assert_int_equal(ended(), 0);
}

static void several_lines_at_once_are_all_read(void **state)
{
    (void)state;
    begin();
    type("s\nnonsense\nq\n");
    shows("nonsense: not a command");
    assert_int_equal(ended(), 0);
}

static void the_end_of_input_is_not_the_end(void **state)
{
    (void)state;
    begin();
    shows("ckpt> ");
    close(in);
    in = -1;
    leave(process(10, CK_KIND_SAVED, 1, "main"));
}

#define P(f) cmocka_unit_test_setup_teardown(f, setup, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        P(question_mark_lists_the_commands),
        P(l_lists_processes_and_s_shows_the_status),
        P(c_takes_a_checkpoint),
        P(i_sets_the_interval),
        P(k_kills_and_stays),
        P(q_kills_and_ends),
        P(several_lines_at_once_are_all_read),
        P(the_end_of_input_is_not_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
