/*
 * h_given.c - what a program is given as descriptors 3 to 13.
 *
 * h_given outer NAME PROG...: executes PROG with
 *   3  a pipe's end to read, in which NAME was written three times
 *   4  a pipe's end to write; 11 is the same description
 *   5  a Unix socket, 12 a TCP one: each byte that is sent is answered by NAME
 *   6  a terminal on which NAME is typed again and again
 *   7  a removed file, 8 a memory file: "kept"
 *   9  /dev/null, 13 an eventfd of 5
 *   10 an epoll set with an item that PROG has not
 * and plays the other end until its own parent is gone.
 *
 * h_given: the claim. Its child looks at them as often as a file `want` says
 * what is there: "NAME", or "rest NAME" (what is left in the pipe, and then
 * all others have gone), or "end" (all have gone); and removes that.
 */
#include "claim.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

enum { HIGH = 100, IN = 3, OUT, UNIX, TTY, GONE, MEMORY, DEV, SET, OUT2, TCP,
       EVENT };

/* ---- outside ---- */

static void put(int number, int fd)
{
    CHECK(fd >= 0 && dup2(fd, number) == number && close(fd) == 0);
}

static int high(int fd)
{
    int up = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);

    CHECK(up >= 0 && close(fd) == 0);
    return up;
}

static void tcp_pair(int fd[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = high(socket(AF_INET, SOCK_STREAM, 0));
    socklen_t n = sizeof(a);

    fd[0] = high(socket(AF_INET, SOCK_STREAM, 0));
    CHECK(bind(listener, (struct sockaddr *)&a, n) == 0 &&
          listen(listener, 1) == 0 &&
          getsockname(listener, (struct sockaddr *)&a, &n) == 0 &&
          connect(fd[0], (struct sockaddr *)&a, n) == 0);
    fd[1] = high(accept(listener, NULL, NULL));
    close(listener);
}

static _Noreturn void play(const char *name, int fd[4])
{
    size_t n = strlen(name);
    char c, line[64];

    snprintf(line, sizeof(line), "%s\n", name);
    CHECK(fcntl(fd[3], F_SETFL, O_NONBLOCK) == 0);
    while (getppid() != 1) {
        struct pollfd p[] = {{fd[0], POLLIN, 0}, {fd[1], POLLIN, 0},
                             {fd[2], POLLIN, 0}};

        if (poll(p, 3, 20) < 0)
            break;
        for (int i = 0; i < 3; i++) {
            if (p[i].revents && read(fd[i], &c, 1) == 1 && i < 2)
                CHECK(send(fd[i], name, n, MSG_NOSIGNAL) == (ssize_t)n);
        }
        CHECK(write(fd[3], line, n + 1) > 0 || errno == EAGAIN);
    }
    exit(0);
}

static void with_text(int fd)
{
    CHECK(write(fd, "kept", 4) == 4);
}

static _Noreturn void outer(const char *name, char **argv)
{
    int in[2], out[2], un[2], tcp[2], m, s, set, none, file;
    struct epoll_event ev = {.events = EPOLLIN};
    struct termios t;
    char path[] = "given.XXXXXX";

    CHECK(pipe(in) == 0 && pipe(out) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, un) == 0);
    CHECK(openpty(&m, &s, NULL, NULL, NULL) == 0 && tcgetattr(s, &t) == 0);
    t.c_lflag &= ~(tcflag_t)ECHO;
    CHECK(tcsetattr(s, TCSANOW, &t) == 0);
    for (int i = 0; i < 2; i++) {
        in[i] = high(in[i]);
        out[i] = high(out[i]);
        un[i] = high(un[i]);
    }
    tcp_pair(tcp);
    m = high(m);
    s = high(s);
    set = high(epoll_create1(0));
    none = high(eventfd(1, 0));
    file = high(mkstemp(path));
    CHECK(unlink(path) == 0);
    with_text(file);
    CHECK(epoll_ctl(set, EPOLL_CTL_ADD, none, &ev) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(dprintf(in[1], "%s\n", name) > 0);
    if (fork() == 0) {
        close(in[0]);
        close(out[1]);
        close(un[0]);
        close(tcp[0]);
        close(s);
        play(name, (int[]){un[1], tcp[1], out[0], m});
    }
    put(IN, in[0]);
    put(OUT, out[1]);
    CHECK(dup2(OUT, OUT2) == OUT2);
    put(UNIX, un[0]);
    put(TTY, s);
    put(GONE, file);
    put(MEMORY, high(memfd_create("given", 0)));
    with_text(MEMORY);
    put(DEV, high(open("/dev/null", O_RDWR)));
    put(SET, set);
    put(TCP, tcp[0]);
    put(EVENT, high(eventfd(5, 0)));
    execvp(argv[0], argv);
    claim_fail(__FILE__, __LINE__, "%s: %s", argv[0], strerror(errno));
}

/* ---- the claim ---- */

static void same(int fd, const char *text)
{
    char buf[64] = "";
    ssize_t n = 0, k = strlen(text);

    while (n < k) {
        CHECK(poll(&(struct pollfd){fd, POLLIN, 0}, 1, 20000) == 1);
        ssize_t r = read(fd, buf + n, (size_t)(k - n));

        CHECK(r > 0);
        n += r;
    }
    if (strcmp(buf, text))
        claim_fail(__FILE__, __LINE__, "descriptor %d gave %s, not %s", fd,
                   buf, text);
}

static void check_end(int fd)
{
    char c;

    CHECK_EQ(read(fd, &c, 1), 0);
}

static void broken_pipe(int fd)
{
    ssize_t n = write(fd, "x", 1);

    if (n == 1 && fd == TCP) { /* the first is answered by a reset */
        UNTIL(send(fd, "x", 1, 0) < 0);
        return;
    }
    CHECK(n < 0 && errno == EPIPE);
}

/* The first line may be the rest of one that was too much. */
static void check_typed(const char *line)
{
    char got[64];
    int tries = 3;

    do {
        ssize_t n;

        CHECK(tries-- > 0);
        CHECK(poll(&(struct pollfd){TTY, POLLIN, 0}, 1, 20000) == 1);
        n = read(TTY, got, sizeof(got) - 1);
        CHECK(n > 0);
        got[n] = '\0';
    } while (strcmp(got, line) != 0);
}

static void check_connected(const char *name)
{
    char line[64];
    struct stat a, b;

    snprintf(line, sizeof(line), "%s\n", name);
    same(IN, line);
    CHECK(write(OUT, "x", 1) == 1 && write(OUT2, "y", 1) == 1);
    CHECK(fstat(OUT, &a) == 0 && fstat(OUT2, &b) == 0 && a.st_ino == b.st_ino);
    CHECK(write(UNIX, "x", 1) == 1 && write(TCP, "x", 1) == 1);
    same(UNIX, name);
    same(TCP, name);
    CHECK(isatty(TTY) && tcflush(TTY, TCIFLUSH) == 0);
    check_typed(line);
}

static void check_gone(void)
{
    char c;

    check_end(IN);
    broken_pipe(OUT);
    broken_pipe(OUT2);
    check_end(UNIX);
    broken_pipe(UNIX);
    check_end(TCP);
    broken_pipe(TCP);
    CHECK(read(TTY, &c, 1) == 0);
    CHECK(write(TTY, "x", 1) < 0 && errno == EIO);
}

/* What does not lead outside. */
static void check_kept(void)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.u32 = 7};
    static int looked;
    char buf[8] = "";
    uint64_t v;

    CHECK(pread(GONE, buf, 8, 0) == 4 && !strcmp(buf, "kept"));
    CHECK(pread(MEMORY, buf, 8, 0) == 4 && !strcmp(buf, "kept"));
    CHECK(write(DEV, "x", 1) == 1 && read(DEV, buf, 1) == 0);
    CHECK(read(EVENT, &v, sizeof(v)) == 8 && v == 5);
    CHECK(write(EVENT, &v, sizeof(v)) == 8);
    if (!looked++) /* the item of the one outside */
        CHECK_EQ(epoll_wait(SET, &ev, 1, 0), 1);
    ev = (struct epoll_event){.events = EPOLLIN, .data.u32 = 7};
    CHECK(epoll_ctl(SET, EPOLL_CTL_ADD, EVENT, &ev) == 0);
    do
        CHECK_EQ(epoll_wait(SET, &ev, 1, 20000), 1);
    while (ev.data.u32 != 7);
    CHECK(epoll_ctl(SET, EPOLL_CTL_DEL, EVENT, NULL) == 0);
}

static void look(void)
{
    char want[64] = "";
    int fd = open(claim_path("want"), O_RDONLY | O_CLOEXEC);

    CHECK(fd >= 0 && read(fd, want, sizeof(want) - 1) > 0);
    close(fd);
    want[strcspn(want, "\n")] = '\0';
    if (!strncmp(want, "rest ", 5)) {
        strcat(want, "\n");
        same(IN, want + 5);
        check_gone();
    } else if (!strcmp(want, "end")) {
        check_gone();
    } else {
        check_connected(want);
    }
    check_kept();
    CHECK(unlink(claim_path("want")) == 0);
}

int main(int argc, char **argv)
{
    if (argc > 3 && !strcmp(argv[1], "outer"))
        outer(argv[2], argv + 3);
    signal(SIGPIPE, SIG_IGN);
    if (fork() == 0) {
        CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
        for (;;) {
            if (access(claim_path("want"), F_OK) == 0)
                look();
            claim_nap();
        }
    }
    claim_ready();
    claim_wait();
    claim_pass();
}
