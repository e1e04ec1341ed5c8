/* test_keeper.c - who starts another coordinator, and when no more. */
#include "coordinator/keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/unit.h"

static int to; /* each that serves writes here: 'f' the first, 'a' another */

struct way {
    unsigned deaths; /* by SIGKILL, one after the other */
    int status;      /* then this */
};

static int serve(void *arg, int again)
{
    const struct way *w = arg;
    char c = again ? 'a' : 'f';

    assert_int_equal(write(to, &c, 1), 1);
    if (lseek(to, 0, SEEK_END) <= (off_t)w->deaths)
        raise(SIGKILL);
    return w->status;
}

/* The keeper's exit status; who has served goes to said. */
static int keep(const char *dir, struct way w, char *said, size_t cap)
{
    char path[4200];
    int status;
    ssize_t n;
    pid_t pid;

    snprintf(path, sizeof path, "%s/served", dir);
    to = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    assert_true(to >= 0);
    pid = fork();
    if (pid == 0)
        _exit(ck_keep(serve, &w, -1, dir));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    n = pread(to, said, cap - 1, 0);
    said[n > 0 ? n : 0] = '\0';
    close(to);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void its_end_is_the_keepers(void **state)
{
    char said[32];

    assert_int_equal(keep(*state, (struct way){0, 3}, said, sizeof said), 3);
    assert_string_equal(said, "f");
}

static void another_one_follows_one_that_was_killed(void **state)
{
    char said[32];

    assert_int_equal(keep(*state, (struct way){2, 4}, said, sizeof said), 4);
    assert_string_equal(said, "faa");
}

static void one_that_dies_all_the_time_is_given_up(void **state)
{
    char said[32];

    assert_int_equal(keep(*state, (struct way){20, 4}, said, sizeof said),
                     128 + SIGKILL);
    assert_string_equal(said, "faaaaa");
}

/* The one that serves waits for it. */
static int until_term(void *arg, int again)
{
    sigset_t set;
    int sig;

    (void)arg;
    (void)again;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    assert_int_equal(write(to, "r", 1), 1);
    sigwait(&set, &sig);
    return 7;
}

static void what_is_sent_to_the_keeper_reaches_it(void **state)
{
    int p[2], status;
    pid_t pid;
    char c;

    assert_int_equal(pipe2(p, O_CLOEXEC), 0);
    to = p[1];
    pid = fork();
    if (pid == 0)
        _exit(ck_keep(until_term, NULL, -1, *state));
    assert_int_equal(read(p[0], &c, 1), 1);
    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    close(p[0]);
    close(p[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        unit_in_dir(its_end_is_the_keepers),
        unit_in_dir(another_one_follows_one_that_was_killed),
        unit_in_dir(one_that_dies_all_the_time_is_given_up),
        unit_in_dir(what_is_sent_to_the_keeper_reaches_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
