/*
 * test_end.c - who is told to end, and who is waited for.
 */
#include "tests/unit/fake.h"

/* A process that belongs to the computation, and will never connect. */
static pid_t newborn(void)
{
    static char dir[CK_PATH + 16];
    char *argv[] = {"sleep", "1000", NULL};
    char *env[] = {"LD_PRELOAD=/nowhere/libckpt.so", dir, NULL}, c;
    int p[2];
    pid_t pid;

    snprintf(dir, sizeof dir, "CKPT_DIR=%s", job);
    assert_int_equal(pipe2(p, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(p[1], 2); /* where the loader complains, which is the sign */
        execve("/bin/sleep", argv, env);
        _exit(9);
    }
    close(p[1]);
    assert_int_equal(read(p[0], &c, 1), 1);
    close(p[0]);
    return pid;
}

static void one_forked_by_who_was_about_to_die_ends_too(void **state)
{
    struct fake *p, *c;
    int status = 0;
    pid_t child, had;

    (void)state;
    start(NULL);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = peer(CK_ROLE_CONTROL);
    SEND(c, command, COMMAND, .cmd = CK_CMD_KILL);
    assert_int_equal(GET(p, signal, SIGNAL).sig, SIGKILL);
    child = newborn();
    leave(p);
    assert_int_equal(ended(), 0);
    had = waitpid(child, &status, WNOHANG);
    if (had != child) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    assert_int_equal(had, child);
    assert_int_equal(WTERMSIG(status), SIGKILL);
    leave(c);
}

/* With --stay, too, where the coordinator does not end. */
static void a_retry_does_not_outlive_the_computation(void **state)
{
    static const char *const stay[] = {"--stay", "--limit-linger", "0.1",
                                       NULL};
    struct fake *p, *c;
    char text[256];
    uint32_t id;

    (void)state;
    start(stay);
    p = process(10, CK_KIND_SAVED, 1, "main");
    c = asks(0);
    id = stops(p, NULL, 0);
    get(p, CK_MSG_CAPTURE);
    get(p, CK_MSG_SNAPSHOT);
    is_busy(p, id, CK_PHASE_SNAPSHOT);
    leave(p);
    assert_int_equal(final(c, text), -ESRCH);
    assert_non_null(strstr(text, "has ended"));
    leave(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(one_forked_by_who_was_about_to_die_ends_too),
        T(a_retry_does_not_outlive_the_computation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
