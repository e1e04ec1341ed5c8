/* m_opened.c - descriptors of the kinds that no other module has, held for
 * long: a directory half read, a place (O_PATH), devices, a file of /proc, a
 * netlink socket, a process, shared memory with a name, a listening socket
 * with clients. Each does what it did. */
#include "torture.h"

#include <dirent.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#define FILES 30

struct opened {
    int path, null, zero, full, net, pidfd, shm, listener;
    DIR *dir;
    unsigned char seen[FILES];
    int left; /* names that were not read yet */
    int links;
    struct sockaddr_un name;
    socklen_t name_len;
};

static void make_dir(struct inst *t, const char *dir)
{
    char path[700];

    NEED(t, mkdir(dir, 0755) == 0);
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/%d", dir, i);
        close(open(path, O_CREAT | O_WRONLY, 0644));
    }
}

/* One name more; all of them come once. */
static void read_dir(struct inst *t, struct opened *o)
{
    struct dirent *e;

    errno = 0;
    e = readdir(o->dir);
    if (!e) {
        SAME(t, o->left, 0);
        rewinddir(o->dir);
        memset(o->seen, 0, sizeof o->seen);
        o->left = FILES;
    } else if (e->d_name[0] != '.') {
        int i = atoi(e->d_name);

        NEED(t, i >= 0 && i < FILES && !o->seen[i]);
        o->seen[i] = 1;
        o->left--;
    }
}

/* How many links there are; asked anew each time. */
static int ask_links(struct inst *t, int fd, unsigned number)
{
    struct {
        struct nlmsghdr h;
        struct rtgenmsg g;
    } q = {{.nlmsg_len = NLMSG_LENGTH(sizeof q.g), .nlmsg_type = RTM_GETLINK,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = number},
           {.rtgen_family = AF_UNSPEC}};
    static __thread char buf[32768] __attribute__((aligned(8)));
    int n = 0;

    SAME(t, send(fd, &q, q.h.nlmsg_len, 0), q.h.nlmsg_len);
    for (;;) {
        ssize_t k = recv(fd, buf, sizeof buf, 0);
        struct nlmsghdr *h = (void *)buf;

        NEED(t, k > 0);
        for (; NLMSG_OK(h, k); h = NLMSG_NEXT(h, k)) {
            SAME(t, h->nlmsg_seq, number);
            if (h->nlmsg_type == NLMSG_DONE)
                return n;
            n += h->nlmsg_type == RTM_NEWLINK;
        }
    }
}

/* A client that is accepted a while after it has connected, and has nothing
 * sent yet: that would be refused. */
static void serve(struct inst *t, struct opened *o, struct rng *r)
{
    struct sockaddr_un a;
    socklen_t n = sizeof a;
    int client = socket(AF_UNIX, SOCK_STREAM, 0), server;
    char c = 0;

    NEED(t, client >= 0 && connect(client, (void *)&o->name, o->name_len) == 0);
    nap(t, r);
    NEED(t, (server = accept(o->listener, NULL, NULL)) >= 0);
    put(t, client, "c", 1);
    nap(t, r);
    get(t, server, &c, 1);
    SAME(t, c, 'c');
    NEED(t, getpeername(client, (void *)&a, &n) == 0);
    SAME(t, n, o->name_len);
    NEED(t, memcmp(&a, &o->name, n) == 0);
    close(client);
    NEED(t, read(server, &c, 1) == 0);
    close(server);
}

static void listen_at(struct inst *t, struct opened *o)
{
    int at;

    o->name.sun_family = AF_UNIX;
    /* with a file, or abstract; a path in the work directory may be too long */
    at = snprintf(o->name.sun_path + 1, sizeof o->name.sun_path - 1,
                  "torture-%d-%d", (int)getpid(), t->number);
    o->name_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)at);
    if (t->seed % 2) {
        const char *path = own_path(t, "sock");

        if (strlen(path) < sizeof o->name.sun_path) {
            strcpy(o->name.sun_path, path);
            o->name_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
        }
    }
    NEED(t, (o->listener = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
    NEED(t, bind(o->listener, (void *)&o->name, o->name_len) == 0);
    NEED(t, listen(o->listener, 5) == 0);
}

static void make(struct inst *t, struct opened *o, struct rng *r)
{
    struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
    const char *dir = own_path(t, "dir");
    char shm[60];

    make_dir(t, dir);
    NEED(t, (o->dir = opendir(dir)) != NULL);
    o->left = FILES;
    NEED(t, (o->path = open(dir, O_PATH)) >= 0);
    NEED(t, (o->null = open("/dev/null", O_RDWR)) >= 0);
    NEED(t, (o->zero = open("/dev/zero", O_RDONLY)) >= 0);
    NEED(t, (o->full = open("/dev/full", O_WRONLY)) >= 0);
    NEED(t, (o->net = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)) >= 0);
    NEED(t, bind(o->net, (void *)&nl, sizeof nl) == 0);
    o->links = ask_links(t, o->net, 1);
    NEED(t, (o->pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0)) >= 0);
    snprintf(shm, sizeof shm, "/torture-%d-%d", (int)getpid(), t->number);
    NEED(t, (o->shm = shm_open(shm, O_CREAT | O_EXCL | O_RDWR, 0640)) >= 0);
    NEED(t, ftruncate(o->shm, 5000) == 0 && (rnd(r, 2) || shm_unlink(shm) == 0));
    listen_at(t, o);
}

static void look(struct inst *t, struct opened *o, unsigned n)
{
    struct pollfd p = {.fd = o->pidfd, .events = POLLIN};
    struct stat st;
    char buf[64], link[700], path[40];
    ssize_t k;

    read_dir(t, o);
    NEED(t, fstatat(o->path, "7", &st, 0) == 0 && S_ISREG(st.st_mode));
    NEED(t, read(o->path, buf, 1) < 0 && errno == EBADF);
    SAME(t, read(o->null, buf, 9), 0);
    SAME(t, write(o->null, buf, 9), 9);
    memset(buf, 1, sizeof buf);
    SAME(t, read(o->zero, buf, sizeof buf), sizeof buf);
    NEED(t, !buf[0] && !buf[63]);
    NEED(t, write(o->full, buf, 1) < 0 && errno == ENOSPC);
    SAME(t, ask_links(t, o->net, n), o->links);
    SAME(t, syscall(SYS_pidfd_send_signal, o->pidfd, 0, NULL, 0), 0);
    SAME(t, poll(&p, 1, 0), 0);
    NEED(t, fstat(o->shm, &st) == 0);
    SAME(t, st.st_size, 5000);
    SAME(t, st.st_mode & 07777, 0640);
    snprintf(path, sizeof path, "/proc/self/fd/%d", o->path);
    NEED(t, (k = readlink(path, link, sizeof link - 1)) > 0);
    link[k] = 0;
    NEED(t, strcmp(link, own_path(t, "dir")) == 0);
}

/* What of it changes between two looks at one open file is read from its
 * beginning: the lines of an older life are not wanted. */
static void own_status(struct inst *t, int fd)
{
    char buf[4096];
    ssize_t n = pread(fd, buf, sizeof buf - 1, 0);

    NEED(t, n > 0);
    buf[n] = 0;
    NEED(t, strncmp(buf, "Name:\t", 6) == 0 && strstr(buf, "\nThreads:\t"));
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct opened *o = calloc(1, sizeof *o);
    int status = open("/proc/self/status", O_RDONLY);

    NEED(t, o && status >= 0);
    make(t, o, &r);
    for (unsigned n = 2;; n++) {
        if (damage(t, part))
            NEED(t, ftruncate(o->shm, 4000) == 0);
        look(t, o, n);
        own_status(t, status);
        if (rnd(&r, 3) == 0)
            serve(t, o, &r);
        beat(t, part);
        nap(t, &r);
    }
}

const struct module module_opened = {.name = "opened", .parts = 1, .run = run};
