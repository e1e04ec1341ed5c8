/*
 * test_capture.c - a small tree of real processes, looked at from outside.
 *
 * The processes are children of this one, which plays the part of what is
 * outside; they tell through a pipe when they are as the test wants them.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/proto/messages.h"
#include "lib/tree/capture.h"
#include "restart/image.h"

#define MAX 8

static char dir[64], why[1024];
static struct ck_capture_in in;
static struct ck_capture_out out;
static struct ck_tree_file tree;
static uint8_t members[MAX * 9];
static pid_t child[MAX];
static int children;
static int tell[2];

static int setup(void **state)
{
    if (unit_dir_setup(state) || pipe2(tell, O_CLOEXEC))
        return -1;
    /* out of the way of the numbers that the tests give */
    dup2(tell[1], 200);
    close(tell[1]);
    tell[1] = 200;
    snprintf(dir, sizeof(dir), "%s", (char *)*state);
    memset(&in, 0, sizeof(in));
    memset(&tree, 0, sizeof(tree));
    tree.fd = -1;
    why[0] = '\0';
    in.job_dir = in.set_dir = dir;
    in.tree = "t";
    in.node = "here";
    in.stdio = "";
    children = 0;
    return 0;
}

static int teardown(void **state)
{
    for (int i = 0; i < children; i++)
        kill(child[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
    ck_tree_close(&tree);
    close(tell[0]);
    close(tell[1]);
    return unit_dir_teardown(state);
}

/* In the child: nothing of the test's own is left open. */
static void clean(int from)
{
    int null = open("/dev/null", O_RDWR);

    for (int i = 0; i < 3; i++)
        dup2(null, i);
    for (int fd = from; fd < 256; fd++)
        if (fd != tell[1])
            close(fd);
}

/* The pipe to the test leads outside: it has to be closed before the process
 * is looked at, and settle() waits for that. */
static void ready(pid_t pid)
{
    if (write(tell[1], &pid, sizeof(pid)) != sizeof(pid))
        _exit(1);
    close(tell[1]);
}

static void settle(pid_t pid)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/200", pid);
    for (int i = 0; access(path, F_OK) == 0 && i < 5000; i++)
        usleep(1000);
}

/* The next process that is ready; it counts as a member. */
static pid_t hear(uint8_t kind)
{
    struct ck_wr w;
    pid_t pid = 0;

    assert_int_equal(read(tell[0], &pid, sizeof(pid)), sizeof(pid));
    settle(pid);
    child[children++] = pid;
    ck_wr_init(&w, members + in.nmembers, 9);
    ck_put_uint(&w, (uint32_t)pid, 4);
    ck_put_uint(&w, (uint32_t)pid, 4);
    ck_put_uint(&w, kind, 1);
    in.members = members;
    in.nmembers += 9;
    return pid;
}

static void capture(void)
{
    char path[200];
    int rc = ck_capture_tree(&in, &out, why, sizeof(why));

    if (rc)
        print_error("%s\n", why);
    assert_int_equal(rc, 0);
    snprintf(path, sizeof(path), "%s/%s", dir, out.file);
    assert_int_equal(ck_tree_open(&tree, path, why, sizeof(why)), 0);
}

static const struct ck_proc *proc_of(pid_t pid)
{
    for (size_t i = 0; i < tree.img.nproc; i++)
        if (tree.img.proc[i].vpid == (uint32_t)pid)
            return &tree.img.proc[i];
    return NULL;
}

static uint32_t ofd_of(pid_t pid, uint32_t fd)
{
    for (size_t i = 0; i < tree.img.nfd; i++)
        if (tree.img.fd[i].vpid == (uint32_t)pid && tree.img.fd[i].fd == fd)
            return tree.img.fd[i].ofd;
    return 0;
}

#define TEST(name) static void name(void **state)
#define UNUSED (void)state

TEST(parents_groups_and_sessions_are_seen)
{
    const struct ck_proc *p;
    pid_t a, b;

    UNUSED;
    if (fork() == 0) {
        clean(3);
        setsid();
        if (fork() == 0) {
            setpgid(0, 0);
            ready(getpid());
            pause();
        }
        ready(getpid());
        pause();
    }
    a = hear(CK_KIND_SAVED);
    b = hear(CK_KIND_SAVED);
    capture();
    p = proc_of(a);
    if (p->vsid != (uint32_t)a) {
        pid_t swap = a;

        a = b;
        b = swap;
        p = proc_of(a);
    }
    assert_int_equal(tree.img.tree.root_vpid, a);
    assert_int_equal(tree.img.tree.out_sid, getsid(0)); /* who made a */
    assert_int_equal(p->vppid, 0);
    assert_int_equal(p->vsid, a);
    p = proc_of(b);
    assert_int_equal(p->vppid, a);
    assert_int_equal(p->vpgid, b);
    assert_int_equal(p->vsid, a);
    assert_int_equal(p->tids.n, 4);
}

TEST(what_is_shared_is_one_description_and_a_second_open_is_not)
{
    pid_t a, b;

    UNUSED;
    if (fork() == 0) {
        clean(3);
        open("/etc/passwd", O_RDONLY); /* 3 */
        dup(3);                        /* 4 */
        open("/etc/passwd", O_RDONLY); /* 5 */
        fcntl(4, F_SETFD, FD_CLOEXEC);
        if (fork() == 0) {
            ready(getpid());
            pause();
        }
        ready(getpid());
        pause();
    }
    a = hear(CK_KIND_SAVED);
    b = hear(CK_KIND_SAVED);
    capture();
    assert_true(ofd_of(a, 3) != 0);
    assert_int_equal(ofd_of(a, 3), ofd_of(a, 4));
    assert_int_equal(ofd_of(a, 3), ofd_of(b, 4));
    assert_int_not_equal(ofd_of(a, 3), ofd_of(a, 5));
    assert_int_equal(ofd_of(a, 5), ofd_of(b, 5));
    for (size_t i = 0; i < tree.img.nfd; i++)
        if (tree.img.fd[i].fd > 2)
            assert_int_equal(tree.img.fd[i].cloexec,
                             tree.img.fd[i].fd == 4);
}

TEST(a_zombie_keeps_its_status)
{
    const struct ck_proc *p = NULL;

    UNUSED;
    if (fork() == 0) {
        siginfo_t si;
        pid_t z;

        clean(3);
        z = fork();
        if (z == 0)
            _exit(9);
        waitid(P_PID, (id_t)z, &si, WEXITED | WNOWAIT);
        ready(getpid());
        pause();
    }
    hear(CK_KIND_SAVED);
    capture();
    assert_int_equal(tree.img.nproc, 2);
    for (size_t i = 0; i < 2; i++)
        if (tree.img.proc[i].kind == CK_KIND_ZOMBIE)
            p = &tree.img.proc[i];
    assert_non_null(p);
    assert_int_equal(p->status, 9 << 8);
    assert_int_equal(p->vppid, child[0]);
}

TEST(a_child_that_nobody_named_is_refused)
{
    UNUSED;
    if (fork() == 0) {
        clean(3);
        if (fork() == 0) {
            prctl(PR_SET_NAME, "stranger");
            ready(getppid());
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            pause();
        }
        close(tell[1]);
        pause();
    }
    hear(CK_KIND_SAVED);
    assert_int_equal(ck_capture_tree(&in, &out, why, sizeof(why)), -EAGAIN);
    assert_non_null(strstr(why, "(stranger) is not under the runtime"));
}

TEST(a_refusal_names_process_and_descriptor_and_leaves_no_file)
{
    char path[200], want[100];
    pid_t a;

    UNUSED;
    if (fork() == 0) {
        clean(3);
        dup2(socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK), 17);
        close(3);
        prctl(PR_SET_NAME, "talker");
        ready(getpid());
        pause();
    }
    a = hear(CK_KIND_SAVED);
    assert_int_equal(ck_capture_tree(&in, &out, why, sizeof(why)), -EAGAIN);
    snprintf(want, sizeof(want), "process %d (talker): descriptor 17 is", a);
    assert_non_null(strstr(why, want));
    snprintf(path, sizeof(path), "%s/tree.t.img", dir);
    assert_int_equal(access(path, F_OK), -1);
}

TEST(of_a_launcher_only_what_it_was_given_counts)
{
    pid_t a;

    UNUSED;
    if (fork() == 0) {
        clean(3);
        socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK); /* its own: opened anew */
        ready(getpid());
        pause();
    }
    a = hear(CK_KIND_REEXEC);
    capture();
    assert_true(ofd_of(a, 0) && ofd_of(a, 1) && ofd_of(a, 2));
    assert_int_equal(tree.img.nfd, 3);
    assert_true(proc_of(a)->argv.n > 0);
    assert_true(proc_of(a)->env.n > 0);
}

TEST(a_process_that_has_gone_is_worth_another_try)
{
    struct ck_wr w;
    pid_t a = fork();

    UNUSED;
    if (a == 0)
        _exit(0);
    waitpid(a, NULL, 0);
    ck_wr_init(&w, members, 9);
    ck_put_uint(&w, (uint32_t)a, 4);
    ck_put_uint(&w, (uint32_t)a, 4);
    ck_put_uint(&w, CK_KIND_SAVED, 1);
    in.members = members;
    in.nmembers = 9;
    assert_int_equal(ck_capture_tree(&in, &out, why, sizeof(why)), -EAGAIN);
}

TEST(a_damaged_list_of_members_is_refused)
{
    UNUSED;
    in.members = members;
    in.nmembers = 13;
    assert_int_equal(ck_capture_tree(&in, &out, why, sizeof(why)), -EBADMSG);
    in.nmembers = 0;
    assert_int_equal(ck_capture_tree(&in, &out, why, sizeof(why)), -EBADMSG);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(parents_groups_and_sessions_are_seen),
        T(what_is_shared_is_one_description_and_a_second_open_is_not),
        T(a_zombie_keeps_its_status),
        T(a_child_that_nobody_named_is_refused),
        T(a_refusal_names_process_and_descriptor_and_leaves_no_file),
        T(of_a_launcher_only_what_it_was_given_counts),
        T(a_process_that_has_gone_is_worth_another_try),
        T(a_damaged_list_of_members_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
