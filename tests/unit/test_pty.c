/*
 * test_pty.c - what lies unread in a pseudo-terminal is copied without harm,
 * also when the process that has just taken it out is killed.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/res/pty.h"

#define ROUNDS 60

static const char typed[] = "one\ntwo\026\n\004half";

struct pair {
    int m, s, mine; /* master, slave, one that does not block */
};

static void open_pair(struct pair *p)
{
    p->m = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    assert_true(p->m >= 0 && ioctl(p->m, TIOCSPTLCK, &(int){0}) == 0);
    p->s = ioctl(p->m, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    p->mine = ioctl(p->m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(p->s >= 0 && p->mine >= 0);
}

static void close_pair(struct pair *p)
{
    close(p->mine);
    close(p->s);
    close(p->m);
}

static int wait_for(int fd, int n)
{
    for (int i = 0, got = 0; i < 5000; i++) {
        if (ioctl(fd, FIONREAD, &got) == 0 && got >= n)
            return 1;
        poll(NULL, 0, 1);
    }
    return 0;
}

static void expect(int fd, const char *text)
{
    char buf[256];
    ssize_t n = read(fd, buf, sizeof(buf));

    assert_int_equal(n, strlen(text));
    assert_memory_equal(buf, text, (size_t)n);
}

/* Kills the child of `parent`, if it has one by then. */
static void kill_child(pid_t parent, long after_ns)
{
    char path[64], text[64] = "";
    struct timespec nap = {.tv_nsec = after_ns};
    pid_t pid, self = getpid();
    int fd;

    nanosleep(&nap, NULL);
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
    fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
        _exit(0);
    for (char *p = text; (pid = (pid_t)strtol(p, &p, 10)) > 0;)
        if (pid != self)
            kill(pid, SIGKILL);
    _exit(0);
}

static void one_round(long after_ns)
{
    struct ck_pty_data *d = ck_pty_data_new();
    pid_t self = getpid(), killer;
    struct termios2 t;
    struct pair p;

    open_pair(&p);
    assert_non_null(d);
    assert_int_equal(write(p.m, typed, sizeof(typed) - 1), sizeof(typed) - 1);
    assert_true(wait_for(p.s, 8));
    assert_int_equal(write(p.s, "out\n", 4), 4);
    assert_true(wait_for(p.m, 21));
    assert_int_equal(ioctl(p.m, TCGETS2, &d->termios), 0);
    killer = fork();
    if (killer == 0)
        kill_child(self, after_ns);
    assert_int_equal(ck_pty_copy(p.m, p.mine, d), 0);
    waitpid(killer, NULL, 0);
    expect(p.s, "one\n");
    expect(p.s, "two\n");
    assert_int_equal(write(p.m, "\n", 1), 1);
    expect(p.s, "half\n");
    assert_true(wait_for(p.m, 23));
    expect(p.m, "one\r\ntwo^\b^Jhalfout\r\n\r\n");
    assert_int_equal(ioctl(p.m, TCGETS2, &t), 0);
    assert_memory_equal(&t, &d->termios, sizeof(t));
    ck_pty_data_free(d);
    close_pair(&p);
}

static void test_copied(void **state)
{
    (void)state;
    one_round(500000000);
}

static void test_killed_copier(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++)
        one_round(i * 30000);
}

static void test_filled(void **state)
{
    struct ck_pty_data *d = ck_pty_data_new();
    struct pair p;

    (void)state;
    open_pair(&p);
    assert_non_null(d);
    assert_int_equal(ioctl(p.m, TCGETS2, &d->termios), 0);
    d->in_n = 6;
    memcpy(d->in, "ab\ncd\x04", 6);
    d->out_n = 3;
    memcpy(d->out, "x\ny", 3);
    assert_int_equal(ck_pty_fill(p.m, p.mine, d), 0);
    expect(p.s, "ab\n");
    expect(p.s, "cd");
    expect(p.m, "x\ny"); /* as it is: it was processed when it was written */
    ck_pty_data_free(d);
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copied),
        cmocka_unit_test(test_killed_copier),
        cmocka_unit_test(test_filled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
