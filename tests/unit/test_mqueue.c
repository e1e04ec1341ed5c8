/*
 * test_mqueue.c - the messages in a POSIX message queue are copied without
 * harm, also when the process that takes them and puts them back is killed,
 * or its maker: before and after each of its system calls.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/res/mqueue.h"

#define MESSAGES 4
#define SIZE 64

static const struct {
    unsigned prio;
    const char *text;
} sent[MESSAGES] = {{1, "one"}, {5, "two"}, {1, ""}, {0, "four"}},
  got[MESSAGES] = {{5, "two"}, {1, "one"}, {1, ""}, {0, "four"}};

static int make(void)
{
    struct mq_attr a = {.mq_maxmsg = MESSAGES, .mq_msgsize = SIZE};
    char name[64];
    int fd;

    snprintf(name, sizeof(name), "/test-mqueue-%d", getpid());
    fd = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &a);
    assert_true(fd >= 0 && mq_unlink(name) == 0);
    for (int i = 0; i < MESSAGES; i++)
        assert_int_equal(mq_send(fd, sent[i].text, strlen(sent[i].text),
                                 sent[i].prio), 0);
    return fd;
}

static void verify(int fd)
{
    char buf[SIZE];
    unsigned prio;

    for (int i = 0; i < MESSAGES; i++) {
        assert_int_equal(mq_receive(fd, buf, sizeof(buf), &prio),
                         strlen(got[i].text));
        assert_int_equal(prio, got[i].prio);
        assert_memory_equal(buf, got[i].text, strlen(got[i].text));
    }
    assert_true(mq_receive(fd, buf, sizeof(buf), NULL) < 0);
}

static struct ck_mq_data *room(void)
{
    struct ck_mq_data *d = ck_mq_data_new(MESSAGES, 10, SIZE);

    assert_non_null(d);
    return d;
}

static void test_copied(void **state)
{
    struct ck_mq_data *d = room();
    int fd = make();

    (void)state;
    assert_int_equal(ck_mq_copy(fd, d), 0);
    assert_int_equal(d->n, MESSAGES);
    for (int i = 0; i < MESSAGES; i++) {
        assert_int_equal(d->m[i].prio, got[i].prio);
        assert_int_equal(d->m[i].len, strlen(got[i].text));
        assert_memory_equal(d->text + d->m[i].off, got[i].text, d->m[i].len);
    }
    verify(fd);
    assert_int_equal(ck_mq_fill(fd, d), 0);
    verify(fd);
    ck_mq_data_free(d);
    close(fd);
}

/* Somebody sends: nothing more is taken than there is room for. */
static void test_more(void **state)
{
    struct ck_mq_data *d = ck_mq_data_new(MESSAGES - 1, 10, SIZE);
    int fd = make();

    (void)state;
    assert_non_null(d);
    assert_int_equal(ck_mq_copy(fd, d), -EAGAIN);
    verify(fd);
    ck_mq_data_free(d);
    close(fd);
}

/* A process that copies, whose child is ours to trace. The child's number. */
static pid_t traced_copier(int fd, struct ck_mq_data *d, pid_t *maker)
{
    unsigned long child = 0;
    int st;

    *maker = fork();
    if (*maker == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(ck_mq_copy(fd, d) != 0);
    }
    assert_int_equal(waitpid(*maker, &st, 0), *maker);
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, *maker, 0,
                            PTRACE_O_TRACEFORK | PTRACE_O_TRACESYSGOOD), 0);
    do {
        ptrace(PTRACE_CONT, *maker, 0, 0);
        assert_int_equal(waitpid(*maker, &st, 0), *maker);
        assert_true(WIFSTOPPED(st));
    } while (st >> 8 != (SIGTRAP | PTRACE_EVENT_FORK << 8));
    ptrace(PTRACE_GETEVENTMSG, *maker, 0, &child);
    assert_int_equal(waitpid((pid_t)child, &st, __WALL), child);
    return (pid_t)child;
}

/* The child stands before or after its system call `steps`; 0: it has ended
 * before. */
static int step(pid_t child, int steps)
{
    int st;

    for (int i = 0; i < steps; i++) {
        ptrace(PTRACE_SYSCALL, child, 0, 0);
        assert_int_equal(waitpid(child, &st, __WALL), child);
        if (!WIFSTOPPED(st))
            return 0;
    }
    return 1;
}

static int kill_child_at(int steps)
{
    struct ck_mq_data *d = room();
    int fd = make(), st, stood;
    pid_t maker, child = traced_copier(fd, d, &maker);

    stood = step(child, steps);
    if (stood) {
        kill(child, SIGKILL);
        waitpid(child, &st, __WALL);
    }
    ptrace(PTRACE_DETACH, maker, 0, 0);
    assert_int_equal(waitpid(maker, &st, 0), maker);
    assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 0);
    assert_int_equal(d->n, MESSAGES);
    verify(fd);
    ck_mq_data_free(d);
    close(fd);
    return stood;
}

static int kill_maker_at(int steps)
{
    struct ck_mq_data *d = room();
    int fd = make(), st, stood;
    pid_t maker, child = traced_copier(fd, d, &maker);

    stood = step(child, steps);
    kill(maker, SIGKILL);
    assert_int_equal(waitpid(maker, &st, 0), maker);
    if (stood) {
        ptrace(PTRACE_CONT, child, 0, 0);
        assert_int_equal(waitpid(child, &st, __WALL), child);
        assert_true(WIFEXITED(st));
    }
    assert_int_equal(d->n, MESSAGES);
    verify(fd);
    ck_mq_data_free(d);
    close(fd);
    return stood;
}

static void test_killed_child(void **state)
{
    int steps = 1;

    (void)state;
    while (kill_child_at(steps))
        steps++;
    assert_true(steps > MESSAGES * 12);
}

static void test_killed_maker(void **state)
{
    int steps = 1;

    (void)state;
    while (kill_maker_at(steps))
        steps++;
    assert_true(steps > MESSAGES * 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copied),
        cmocka_unit_test(test_more),
        cmocka_unit_test(test_killed_child),
        cmocka_unit_test(test_killed_maker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
