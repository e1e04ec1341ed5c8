/*
 * test_rehearse.c - tree images that can't be restarted are refused by the
 * rehearsal, each by name; one that can is not.
 *
 * The images are written here, record by record, as a capture that has a
 * fault would write them.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/image/sysvids.h"
#include "lib/image/writer.h"
#include "lib/proto/messages.h"
#include "lib/res/tcp.h"
#include "lib/res/unix.h"
#include "restart/rehearse.h"
#include "restart/world.h"

#define MEM (1u << 20)
#define ROOT 10
#define NOBODY 99 /* no OFD has this id */

/* As lib/res/shm.c and lib/res/eventfd.c have theirs. */
#define EVENT_FIELDS(F) F(U64, count) F(U8, semaphore)
CK_RECORD(event, EVENT_FIELDS)
#define SHM_FIELDS(F)                                                       \
    F(STR, path) F(U64, dev) F(U64, ino) F(U64, fdev) F(U64, fino)          \
    F(U64, size) F(U32, mode) F(U8, how) F(U8, whole)
CK_RECORD(shm, SHM_FIELDS)
enum { SHM_IN_MEMORY = 3, SHM_OPEN = 4 };

static struct ck_imgw w;
static struct ck_imgw_stream stream[8];
static unsigned streams;
static uint8_t mem[MEM], scratch[CK_IMGW_SCRATCH_SIZE], body[4096];
static char path[128], why[900];
static int image_fd;

static void proc(uint32_t vpid, uint32_t vppid, uint32_t vpgid, uint32_t vsid)
{
    struct ck_proc p = {.vpid = vpid,
                        .vppid = vppid,
                        .vpgid = vpgid,
                        .vsid = vsid,
                        .kind = CK_KIND_SAVED,
                        .exe = "/bin/true",
                        .cwd = "/",
                        .comm = "true",
                        .image = "proc.main.10.img"};

    assert_int_equal(CK_IMGW_RECORD(&w, CK_TAG_PROC, ck_proc, &p), 0);
}

/* An image of one tree whose root is process 10, in *state's directory. */
static void begin_tree(void **state, const char *tree, const char *node)
{
    struct ck_tree t = {.tree = tree,
                        .node = node,
                        .root_vpid = ROOT,
                        .stdio = "",
                        .job_dir = *state};

    snprintf(path, sizeof(path), "%s/tree.%s.img", (char *)*state, tree);
    image_fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(image_fd >= 0);
    streams = 0;
    assert_int_equal(ck_imgw_begin(&w, image_fd, CK_IMAGE_TREE, mem, MEM), 0);
    assert_int_equal(CK_IMGW_RECORD(&w, CK_TAG_TREE, ck_tree, &t), 0);
    proc(ROOT, 0, ROOT, ROOT);
}

static void begin(void **state)
{
    begin_tree(state, "main", "n");
}

static void ofd(uint32_t id, const char *kind, size_t n)
{
    struct ck_ofd o = {.id = id,
                       .kind = kind,
                       .flags = O_RDWR,
                       .body = {body, (uint32_t)n}};
    struct ck_fd f = {ROOT, id + 10, 0, id};

    assert_int_equal(CK_IMGW_RECORD(&w, CK_TAG_OFD, ck_ofd, &o), 0);
    assert_int_equal(CK_IMGW_RECORD(&w, CK_TAG_FD, ck_fd, &f), 0);
}

#define OFD(id, KIND, rec, ...)                             \
    do {                                                    \
        struct rec b_ = {__VA_ARGS__};                      \
        struct ck_wr w_;                                    \
                                                            \
        ck_wr_init(&w_, body, sizeof(body));                \
        rec##_put(&w_, &b_);                                \
        assert_false(w_.bad);                               \
        ofd(id, KIND, w_.len);                              \
    } while (0)

static void saved(uint32_t id, const void *p, size_t n)
{
    struct ck_imgw_stream *s = &stream[streams++];
    struct ck_run run = {.addr = 0, .len = n};

    assert_int_equal(ck_imgw_stream(&w, s, id, 1), 0);
    assert_int_equal(ck_imgw_block_buf(&w, s, scratch, &run, 1, p), 0);
}

static void finish(void)
{
    uint64_t bytes, sum;

    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    close(image_fd);
}

static uint64_t limit; /* of open files, 0: ours */

static int rehearse(void **state)
{
    struct ck_restart_opts o = {.job_dir = *state,
                                .nofile = limit,
                                .set_dir = *state,
                                .tree = "main",
                                .node = "n",
                                .runtime = "",
                                .restorer = ""};
    int rc;

    finish();
    rc = ck_rehearse(&o, why, sizeof(why));
    assert_int_equal(rc == 0, why[0] == '\0');
    return rc;
}

static void refused(void **state, int rc, const char *reason)
{
    assert_int_equal(rehearse(state), rc);
    if (!strstr(why, reason))
        print_error("it says: %s\n", why);
    assert_non_null(strstr(why, reason));
}

/* Where the system gives nobody namespaces, nothing is tried. */
static void need_world(void **state)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct ck_world world;

        _exit(ck_world_enter(&world, *state) != 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status)
        skip();
}

static int put(const char *file, const char *text)
{
    int fd = open(file, O_WRONLY), ok;

    ok = fd >= 0 && write(fd, text, strlen(text)) > 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* In a process that is given no namespaces: what it gets for `image`. */
static int without_world(void **state, void (*image)(void **state))
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0}};
    uid_t uid = getuid();
    char map[64];
    pid_t pid;
    int status;

    snprintf(map, sizeof(map), "%u %u 1", uid, uid);
    image(state);
    pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWUSER) || !put("/proc/self/uid_map", map) ||
            !put("/proc/sys/user/max_user_namespaces", "0") ||
            syscall(SYS_capset, &head, none))
            _exit(77);
        _exit(-rehearse(state));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == 77)
        skip();
    return -WEXITSTATUS(status);
}

/* One message, as the stream has it. */
static size_t message(uint8_t *p, size_t cap, uint32_t carries)
{
    uint8_t fds[4];
    struct ck_unix_msg m = {.data = {"x", 1}};
    struct ck_wr out;

    ck_wr_init(&out, fds, sizeof(fds));
    ck_put_uint(&out, carries, 4);
    if (carries)
        m.fds = (struct ck_blob){fds, 4};
    ck_wr_init(&out, p + 4, cap - 4);
    ck_unix_msg_put(&out, &m);
    cap = out.len;
    ck_wr_init(&out, p, 4);
    ck_put_uint(&out, cap, 4);
    return cap + 4;
}

/* A pair of sockets, and a message at one end with a descriptor. */
static void pair(uint32_t carries)
{
    uint8_t queue[128];
    size_t n = message(queue, sizeof(queue), carries);

    OFD(1, "unix", ck_unix, .type = SOCK_STREAM, .state = CK_UNIX_CONNECTED,
        .ino = 100, .pair = 100, .peer_ino = 101, .peer = 2, .dir = "",
        .moved = "", .bytes = n);
    OFD(2, "unix", ck_unix, .type = SOCK_STREAM, .state = CK_UNIX_CONNECTED,
        .side = 1, .ino = 101, .pair = 100, .peer_ino = 100, .peer = 1,
        .dir = "", .moved = "");
    saved(1, queue, n);
}

static void listener(uint32_t id, uint16_t port)
{
    static const uint8_t ip[16] = {[10] = 255, [11] = 255, [12] = 127,
                                   [15] = 1};
    struct tcp_body b = {.how = TCP_LISTENS, .backlog = 4, .local_port = port};
    struct ck_wr out;

    memcpy(b.local_ip, ip, sizeof(ip));
    ck_wr_init(&out, body, sizeof(body));
    tcp_body_put(&out, &b);
    ofd(id, "tcp", out.len);
}

#define TEST(name) static void name(void **state)

TEST(a_socket_with_a_message_is_rehearsed)
{
    begin(state);
    pair(2);
    assert_int_equal(rehearse(state), 0);
}

TEST(a_message_with_a_descriptor_that_is_not_there)
{
    need_world(state);
    begin(state);
    pair(NOBODY);
    refused(state, -EBADMSG, "process 10 (true), descriptor 11: can't fill a "
                             "Unix socket again");
}

TEST(two_listeners_at_one_port)
{
    need_world(state);
    begin(state);
    listener(1, 7777);
    listener(2, 7777);
    refused(state, -EAGAIN, "descriptor 12: a TCP socket: port 7777");
}

/* That somebody has it outside, as the program has, does not matter: nor is it
 * waited for. */
TEST(a_port_that_is_in_use)
{
    struct timespec t, u;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(a);

    assert_int_equal(bind(fd, (void *)&a, n), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (void *)&a, &n), 0);
    begin(state);
    listener(1, ntohs(a.sin_port));
    clock_gettime(CLOCK_MONOTONIC, &t);
    assert_int_equal(rehearse(state), 0);
    clock_gettime(CLOCK_MONOTONIC, &u);
    assert_true(u.tv_sec - t.tv_sec < 2);
    close(fd);
}

TEST(a_mapping_of_a_file_that_nobody_has)
{
    need_world(state);
    begin(state);
    OFD(1, "shm", shm, .path = "/x/first.name (deleted)", .dev = 1, .ino = 2,
        .fdev = 1, .fino = 2, .how = SHM_OPEN);
    refused(state, -EBADMSG, "can't make the shared memory /x/first.name");
}

TEST(a_path_that_is_in_use)
{
    char taken[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct stat before, after;
    int fd;

    snprintf(taken, sizeof(taken), "%s/socket", (char *)*state);
    fd = open(taken, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(fstat(fd, &before), 0);
    begin(state);
    OFD(1, "unix", ck_unix, .type = SOCK_STREAM, .state = CK_UNIX_LISTENING,
        .listener = 1, .backlog = 1, .ino = 100, .file = CK_UNIX_FILE,
        .dir = "", .moved = "",
        .name = {taken, (uint32_t)strlen(taken)});
    assert_int_equal(rehearse(state), 0);
    assert_int_equal(stat(taken, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    close(fd);
}

/* As it would be at each restart, but for an administrator. */
TEST(a_directory_that_takes_no_socket)
{
    char dir[64], name[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int status;
    pid_t pid;

    snprintf(dir, sizeof(dir), "%s/closed", (char *)*state);
    snprintf(name, sizeof(name), "%s/socket", dir);
    assert_int_equal(mkdir(dir, 0555), 0);
    assert_int_equal(chmod(*state, 0755), 0);
    begin(state);
    assert_int_equal(fchmod(image_fd, 0644), 0);
    OFD(1, "unix", ck_unix, .type = SOCK_STREAM, .state = CK_UNIX_LISTENING,
        .listener = 1, .backlog = 1, .ino = 100, .file = CK_UNIX_FILE,
        .dir = "", .moved = "", .name = {name, (uint32_t)strlen(name)});
    pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
            _exit(77);
        _exit(-rehearse(state));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), EACCES);
}

/* A name and a port; the name is somebody's. */
static void good(void **state)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "\0taken"};

    assert_int_equal(bind(fd, (void *)&a,
                          offsetof(struct sockaddr_un, sun_path) + 6), 0);
    begin(state);
    OFD(1, "unix", ck_unix, .type = SOCK_STREAM, .state = CK_UNIX_LISTENING,
        .listener = 1, .backlog = 1, .ino = 99, .dir = "", .moved = "",
        .name = {"\0taken", 6});
    OFD(2, "tcp", tcp_body, .how = TCP_LISTENS, .backlog = 1);
}

static void bad(void **state)
{
    begin(state);
    pair(NOBODY);
}

/* Names and ports are left alone then, and queues are tried all the same. */
TEST(where_there_are_no_namespaces)
{
    assert_int_equal(without_world(state, good), 0);
    assert_int_equal(without_world(state, bad), -EBADMSG);
}

/* It has a session that neither its parent nor anybody below had. */
TEST(processes_that_cannot_be_made_again)
{
    begin(state);
    proc(11, ROOT, 11, 11);
    proc(12, ROOT, ROOT, ROOT);
    proc(13, 12, 11, 11);
    refused(state, -ENOTSUP, "process 13");
}

/* Each process has few, and the restart has to open all of them. */
TEST(more_descriptors_than_one_process_may_have)
{
    for (int i = 0; i < 2; i++) {
        begin(state);
        for (uint32_t id = 1; id < 200; id++)
            OFD(id, "eventfd", event, .count = 1);
        limit = i ? 0 : 215;
        if (i)
            assert_int_equal(rehearse(state), 0);
        else
            refused(state, -EMFILE, "too few descriptors for this tree");
    }
}

TEST(a_kind_that_nobody_knows)
{
    begin(state);
    ofd(1, "teapot", 0);
    refused(state, -EPROTONOSUPPORT, "kind teapot");
}

TEST(a_descriptor_that_leads_nowhere)
{
    struct ck_fd f = {ROOT, 7, 0, NOBODY};

    begin(state);
    assert_int_equal(CK_IMGW_RECORD(&w, CK_TAG_FD, ck_fd, &f), 0);
    refused(state, -EBADMSG, "descriptor 7 leads to nothing");
}

TEST(a_damaged_description)
{
    need_world(state);
    begin(state);
    ofd(1, "eventfd", 0);
    refused(state, -EBADMSG, "damaged description of an eventfd");
}

/* One page of process 10's memory, as its image has it. */
static void area(void **state, const struct ck_area *a)
{
    char file[128];
    uint64_t bytes, sum;

    snprintf(file, sizeof(file), "%s/proc.main.10.img", (char *)*state);
    image_fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(image_fd >= 0);
    assert_int_equal(ck_imgw_begin(&w, image_fd, CK_IMAGE_PROCESS, mem, MEM),
                     0);
    assert_int_equal(CK_IMGW_RECORD(&w, CK_TAG_AREA, ck_area, a), 0);
    assert_int_equal(ck_imgw_finish(&w, &bytes, &sum), 0);
    close(image_fd);
}

static int memory(void **state, const struct ck_area *a)
{
    struct ck_restart_opts o = {.job_dir = *state, .set_dir = *state,
                                .tree = "main"};

    begin(state);
    OFD(1, "shm", shm, .path = "/memfd:m (deleted)", .dev = 1, .ino = 2);
    finish();
    area(state, a);
    return ck_rehearse_memory(&o, why, sizeof(why));
}

TEST(memory_that_the_tree_does_not_have)
{
    struct ck_area a = {.start = 0x10000, .end = 0x11000, .kind = CK_AREA_SHM,
                        .dev = 1, .ino = 2, .path = "/memfd:m (deleted)",
                        .policy = {"", 0}};

    assert_int_equal(memory(state, &a), 0);
    a.ino = 3;
    assert_int_equal(memory(state, &a), -EBADMSG);
    assert_non_null(strstr(why, "process 10 (true): /memfd:m (deleted) is "
                                "mapped, and the image of the tree has no"));
    a.end = a.start;
    assert_int_equal(memory(state, &a), -EBADMSG);
    assert_non_null(strstr(why, "do not fit together"));
}

/* What trees `a` and `b`, of two nodes or (there: "n") of one, both have. */
static int both(void **state, const char *a, const char *b, const char *there,
                void (*have)(int second))
{
    const char *const trees[] = {a, b, "not.here"};

    begin_tree(state, a, "n");
    have(0);
    finish();
    begin_tree(state, b, there);
    have(1);
    finish();
    return ck_rehearse_together(*state, trees, 3, why, sizeof(why));
}

static void one_port(int second)
{
    (void)second;
    listener(1, 7777);
}

static void other_ports(int second)
{
    listener(1, (uint16_t)(7777 + second));
}

static void shared_port(int second)
{
    (void)second;
    OFD(1, "tcp", tcp_body, .how = TCP_LISTENS, .reuseport = 1,
        .local_port = 7777);
}

static void system_v(int32_t real, int32_t key)
{
    struct ck_sysv v = {.kind = CK_SYSV_SEM, .virt = 5, .real = real,
                        .key = key, .size = 1, .ctime = 9,
                        .data = {"\0\0", 2}};

    assert_int_equal(CK_IMGW_RECORD(&w, CK_TAG_SYSV, ck_sysv, &v), 0);
}

static void one_set(int second)
{
    (void)second;
    system_v(3, 0);
}

/* As it is where they have an IPC namespace each. */
static void one_key(int second)
{
    system_v(3 + second, 0x77);
}

/* In memory that has names: path, two devices and inodes. */
static void one_name(int second)
{
    OFD(1, "shm", shm, .path = "/dev/shm/x", .fdev = 1,
        .fino = 7 + (uint64_t)second, .how = SHM_IN_MEMORY);
}

TEST(trees_that_need_the_same)
{
    const char *task = "srun-5.0", *other = "srun-5.1";

    assert_int_equal(both(state, "main", "main-2", "n", one_port), -ENOTSUP);
    assert_non_null(strstr(why, "process 10 (true), descriptor 11: TCP socket "
                                "listening at 127.0.0.1:7777: tree main"));
    assert_int_equal(both(state, "main", "main-2", "n2", one_port), -ENOTSUP);
    assert_int_equal(both(state, "main", "main-2", "n", other_ports), 0);
    assert_int_equal(both(state, "main", "main-2", "n", shared_port), 0);
    assert_int_equal(both(state, "main", "main-2", "n", one_set), -ENOTSUP);
    assert_int_equal(both(state, "main", "main-2", "n", one_key), -ENOTSUP);
    assert_non_null(strstr(why, "System V semaphores 5 (key 0x00000077)"));
    assert_int_equal(both(state, "main", "main-2", "n", one_name), -ENOTSUP);
    /* on two nodes ids are two, and so are they in two namespaces; keys are
     * for a task what its launcher makes of them */
    assert_int_equal(both(state, "main", "main-2", "n2", one_set), 0);
    assert_int_equal(both(state, task, other, "n", one_set), -ENOTSUP);
    assert_int_equal(both(state, "batch", task, "n", one_set), -ENOTSUP);
    assert_int_equal(both(state, task, other, "n2", one_set), 0);
    assert_int_equal(both(state, task, other, "n", one_key), 0);
    assert_int_equal(both(state, task, other, "n", one_port), 0);
    assert_int_equal(both(state, task, other, "n2", one_name), 0);
}

TEST(no_image)
{
    struct ck_restart_opts o = {.job_dir = *state, .set_dir = *state,
                                .tree = "gone"};

    assert_int_equal(ck_rehearse(&o, why, sizeof(why)), -ENOENT);
    assert_non_null(strstr(why, "tree.gone.img"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        unit_in_dir(a_socket_with_a_message_is_rehearsed),
        unit_in_dir(a_message_with_a_descriptor_that_is_not_there),
        unit_in_dir(two_listeners_at_one_port),
        unit_in_dir(a_port_that_is_in_use),
        unit_in_dir(a_mapping_of_a_file_that_nobody_has),
        unit_in_dir(a_path_that_is_in_use),
        unit_in_dir(a_directory_that_takes_no_socket),
        unit_in_dir(where_there_are_no_namespaces),
        unit_in_dir(processes_that_cannot_be_made_again),
        unit_in_dir(more_descriptors_than_one_process_may_have),
        unit_in_dir(a_kind_that_nobody_knows),
        unit_in_dir(a_descriptor_that_leads_nowhere),
        unit_in_dir(a_damaged_description),
        unit_in_dir(memory_that_the_tree_does_not_have),
        unit_in_dir(trees_that_need_the_same),
        unit_in_dir(no_image),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
