/* fake.c - see fake.h. */
#include "tests/unit/fake.h"

#include <netinet/in.h>
#include <sys/socket.h>

pid_t coordinator;
char job[CK_PATH];
uint8_t out[CK_FRAME_MAX];
static struct fake *all; /* that have not left */

void start(const char *const *extra)
{
    char *argv[24] = {(char *)"coordinator", (char *)"--foreground",
                      (char *)"--unkept", (char *)"--dir", job};
    struct ck_coord_addr a;
    int n = 5;

    while (extra && *extra)
        argv[n++] = (char *)*extra++;
    coordinator = fork();
    if (coordinator == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 0);
        dup2(null, 1);
        _exit(ck_coordinator_main(n, argv));
    }
    for (int i = 0; i < LIMIT_MS; i++) {
        if (ck_jobdir_addr_read(job, &a, NULL) == 0 && a.pid == coordinator)
            return;
        usleep(1000);
    }
    fail_msg("the coordinator did not start");
}

int ended(void)
{
    int status;

    for (int i = 0; i < LIMIT_MS; i++) {
        if (waitpid(coordinator, &status, WNOHANG) == coordinator) {
            coordinator = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        usleep(1000);
    }
    return -2;
}

int setup(void **state)
{
    if (unit_dir_setup(state))
        return -1;
    ck_env_put("CKPT_DIR", NULL);
    ck_env_put("SLURM_JOB_ID", NULL);
    snprintf(job, sizeof job, "%s/d", (char *)*state);
    return 0;
}

int teardown(void **state)
{
    while (all)
        leave(all);
    if (coordinator > 0) {
        kill(coordinator, SIGKILL);
        waitpid(coordinator, NULL, 0);
        coordinator = 0;
    }
    return unit_dir_teardown(state);
}

int knock(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct ck_coord_addr a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(ck_jobdir_addr_read(job, &a, NULL), 0);
    to.sin_port = htons(a.port);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

struct fake *peer(uint8_t role)
{
    struct fake *p = calloc(1, sizeof *p);
    char why[256] = "";

    p->next = all;
    all = p;
    p->fd = (int)ck_client_connect(job, role, LIMIT_MS, why, sizeof why);
    if (p->fd < 0)
        fail_msg("%s", why);
    ck_client_rx_init(&p->rx, p->buf, sizeof p->buf);
    return p;
}

void leave(struct fake *p)
{
    struct fake **at = &all;

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    close(p->fd);
    free(p);
}

struct ck_frame get(struct fake *p, uint16_t type)
{
    struct ck_frame f = {0};
    long r = ck_client_recv(p->fd, &p->rx, LIMIT_MS, &f);

    if (r != 1 || f.type != type)
        fail_msg("%s expected, got %s (%ld)", ck_msg_name(type),
                 r == 1 ? ck_msg_name(f.type) : "nothing", r);
    return f;
}

struct fake *process_of(const char *node, uint32_t pid, uint8_t kind,
                        uint8_t root, const char *tree)
{
    struct fake *p = peer(CK_ROLE_PROCESS);

    SEND(p, register, REGISTER, .pid = pid, .start = START(pid), .vpid = pid,
         .kind = kind, .root = root, .node = node, .tree = tree,
         .command = "prog");
    get(p, CK_MSG_WELCOME);
    return p;
}

static void round_trip(void)
{
    struct fake *c = peer(CK_ROLE_CONTROL);

    SEND(c, command, COMMAND, .cmd = CK_CMD_STATUS);
    get(c, CK_MSG_REPLY);
    leave(c);
}

void quiet(struct fake *p)
{
    struct ck_frame f;

    round_trip();
    assert_int_equal(ck_client_recv(p->fd, &p->rx, 0, &f), 0);
}

void gone(struct fake *p)
{
    struct ck_frame f;
    long r = ck_client_recv(p->fd, &p->rx, LIMIT_MS, &f);

    assert_true(r == -EPIPE || r == -ECONNRESET);
}

struct fake *registers(uint32_t pid, uint8_t kind, uint8_t root,
                       const char *tree)
{
    struct fake *p = peer(CK_ROLE_PROCESS);

    SEND(p, register, REGISTER, .pid = pid, .vpid = pid, .kind = kind,
         .root = root, .node = "n1", .tree = tree, .command = "prog");
    return p;
}

struct fake *process(uint32_t pid, uint8_t kind, uint8_t root,
                     const char *tree)
{
    struct fake *p = registers(pid, kind, root, tree);

    get(p, CK_MSG_WELCOME);
    return p;
}

struct fake *asks(uint32_t flags)
{
    struct fake *c = peer(CK_ROLE_CONTROL);

    SEND(c, command, COMMAND, .cmd = CK_CMD_CHECKPOINT,
         .flags = flags | CK_CMD_WAIT);
    return c;
}

int final(struct fake *c, char *text)
{
    for (;;) {
        struct ck_msg_reply m = GET(c, reply, REPLY);

        if (!m.final)
            continue;
        if (text)
            snprintf(text, 256, "%s", m.text);
        return m.code;
    }
}

void is_busy(struct fake *p, uint32_t id, uint8_t phase)
{
    SEND(p, failed, FAILED, .id = id, .phase = phase, .retry = 1,
         .reason = "busy");
    get(p, CK_MSG_ABORT);
}

void cannot_be_saved(struct fake *p, int retry)
{
    uint32_t id = stops(p, NULL, 0);

    get(p, CK_MSG_CAPTURE);
    get(p, CK_MSG_SNAPSHOT);
    SEND(p, failed, FAILED, .id = id, .phase = CK_PHASE_SNAPSHOT,
         .retry = (uint8_t)retry, .reason = "descriptor 5 is a socket");
    get(p, CK_MSG_ABORT);
}

uint32_t stops(struct fake *p, const uint32_t *child, unsigned n)
{
    struct ck_msg_stop m = GET(p, stop, STOP);

    SEND(p, stopped, STOPPED, .id = m.id, .threads = 1, .bytes = 4096,
         .children = {child, n * 4});
    return m.id;
}

void writes(struct fake *p, uint32_t id, const char *file)
{
    char path[CK_PATH + 64], name[32];
    int fd;

    snprintf(name, sizeof name, "set-%06u", id);
    snprintf(path, sizeof path, "%s/%s/%s", job, name, file);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "image", 5), 5);
    close(fd);
    SEND(p, written, WRITTEN, .id = id, .file = file, .bytes = 5,
         .raw_bytes = 10, .checksum = 1);
}

void captures(uint32_t id, const char *tree)
{
    struct fake *h = peer(CK_ROLE_CAPTURE);
    char file[128];

    SEND(h, capture_hello, CAPTURE_HELLO, .id = id, .tree = tree);
    get(h, CK_MSG_CAPTURE_LIST);
    snprintf(file, sizeof file, "tree.%s.img", tree);
    writes(h, id, file);
    leave(h);
    round_trip(); /* else it might still be asked for its opinion */
}

void snaps(struct fake *p, uint32_t id)
{
    get(p, CK_MSG_SNAPSHOT);
    SEND(p, snapped, SNAPPED, .id = id, .stall_us = 1000);
}

uint32_t checkpoint(struct fake *p, uint32_t pid)
{
    struct fake *c = asks(0);
    uint32_t id = stops(p, NULL, 0);
    char file[64];

    get(p, CK_MSG_CAPTURE);
    captures(id, "main");
    snaps(p, id);
    get(p, CK_MSG_RESUME);
    snprintf(file, sizeof file, "proc.main.%u.img", pid);
    writes(p, id, file);
    assert_int_equal(final(c, NULL), 0);
    leave(c);
    return id;
}

int have(const char *name)
{
    char path[CK_PATH + 64];

    snprintf(path, sizeof path, "%s/%s", job, name);
    return access(path, F_OK) == 0;
}

int times_in(const char *name, const char *text)
{
    static char text_of[65536];
    char path[CK_PATH + 64];
    int n = 0;

    snprintf(path, sizeof path, "%s/%s", job, name);
    if (ck_read_file(path, text_of, sizeof text_of) < 0)
        return -1;
    for (const char *p = text_of; (p = strstr(p, text)); p++)
        n++;
    return n;
}

int status_becomes(const char *want)
{
    static char text[65536];
    char path[CK_PATH + 64];

    snprintf(path, sizeof path, "%s/status.json", job);
    for (int i = 0; i < LIMIT_MS; i++) {
        long n = ck_read_file(path, text, sizeof text);
        struct ck_jval *v = n > 0 ? ck_jparse(text, (size_t)n) : NULL;
        int same = v && strcmp(ck_jstr(v, "state", ""), want) == 0;

        ck_jfree(v);
        if (same)
            return 1;
        usleep(1000);
    }
    return 0;
}
