/* Claim: a blocking transfer that is stopped halfway ends as it would have:
 * complete when the other side goes on, and with what it has transferred when
 * a signal with a handler comes, also one that asks for restarts. */
#include "claim.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define N 1000000
#define FEW 40000
#define PART 1000
#define ALL 5000

static char *data, *got;
static volatile sig_atomic_t handled;
static struct {
    int fd, other, file;
} c;
static char *names[] = {"write", "writev", "writev of many",
                        "write to a socket", "send", "sendmsg", "sendfile",
                        "write to a terminal", "recv", "recvmsg"};
enum { WRITE, WRITEV, MANY, SOCKET, SEND, SENDMSG, SENDFILE, TTY, RECV,
       RECVMSG, KINDS };

static int is_receiver(int kind)
{
    return kind == RECV || kind == RECVMSG;
}

static ssize_t size_of(int kind)
{
    return is_receiver(kind) ? ALL : kind == TTY ? FEW : N;
}

static void on_signal(int sig)
{
    (void)sig;
    handled++;
}

static void make(int kind)
{
    int fd[2];
    struct termios raw;

    switch (kind) {
    case WRITE:
    case WRITEV:
    case MANY:
        CHECK(pipe(fd) == 0);
        break;
    case TTY:
        CHECK(openpty(&fd[0], &fd[1], NULL, NULL, NULL) == 0);
        CHECK(tcgetattr(fd[1], &raw) == 0);
        cfmakeraw(&raw);
        CHECK(tcsetattr(fd[1], TCSANOW, &raw) == 0);
        break;
    default:
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    }
    c.other = fd[0];
    c.fd = fd[1];
}

static ssize_t transfer(int kind)
{
    struct iovec two[2] = {{data, N / 2}, {data + N / 2, N / 2}}, many[500];
    struct msghdr m = {.msg_iov = two, .msg_iovlen = 2};
    struct iovec in[2] = {{got, PART / 2}, {got + PART / 2, ALL - PART / 2}};
    struct msghdr r = {.msg_iov = in, .msg_iovlen = 2};

    for (int i = 0; i < 500; i++)
        many[i] = (struct iovec){data + i * (N / 500), N / 500};
    switch (kind) {
    case WRITEV:
        return writev(c.fd, two, 2);
    case MANY:
        return writev(c.fd, many, 500);
    case SEND:
        return send(c.fd, data, N, MSG_NOSIGNAL);
    case SENDMSG:
        return sendmsg(c.fd, &m, 0);
    case SENDFILE:
        return sendfile(c.fd, c.file, NULL, N);
    case RECV:
        return recv(c.fd, got, ALL, MSG_WAITALL);
    case RECVMSG:
        return recvmsg(c.fd, &r, MSG_WAITALL);
    default:
        return write(c.fd, data, size_of(kind));
    }
}

/* Is it asleep? Nothing but the transfer makes it sleep. */
static int sleeps(pid_t pid)
{
    char path[64], state = '?';
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    CHECK(f != NULL);
    CHECK(fscanf(f, "%*d %*s %c", &state) == 1);
    fclose(f);
    return state == 'S';
}

/* Has transferred some, and waits. */
static int is_halfway(int kind, pid_t pid)
{
    int n = 0;

    if (is_receiver(kind))
        return ioctl(c.fd, FIONREAD, &n) == 0 && n == 0 && sleeps(pid);
    if (kind == TTY)
        return sleeps(pid);
    return ioctl(c.other, FIONREAD, &n) == 0 && n > 0 && sleeps(pid);
}

/* Reads n bytes, or what there is when it is -1. */
static ssize_t take(ssize_t n)
{
    ssize_t have = 0, k = 1;

    if (n < 0)
        CHECK(fcntl(c.other, F_SETFL, O_NONBLOCK) == 0);
    while ((n < 0 || have < n) && k > 0) {
        k = read(c.other, got, 65536);
        CHECK(k >= 0 || (n < 0 && errno == EAGAIN));
        if (k > 0)
            CHECK(memcmp(got, data + have, (size_t)k) == 0);
        have += k > 0 ? k : 0;
    }
    return have;
}

static void one(int kind, int cut)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    ssize_t *result = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ssize_t want = size_of(kind);
    pid_t pid;

    CHECK(result != MAP_FAILED && sigaction(SIGUSR1, &sa, NULL) == 0);
    make(kind);
    if (is_receiver(kind))
        CHECK(write(c.other, data, PART) == PART);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(c.other);
        *result = transfer(kind);
        if (*result > 0 && is_receiver(kind))
            CHECK(memcmp(got, data, (size_t)*result) == 0);
        CHECK_EQ(handled, cut);
        _exit(0);
    }
    for (int i = 0; !is_halfway(kind, pid); i++) {
        if (i == 5000)
            claim_fail(__FILE__, __LINE__, "%s does not wait", names[kind]);
        claim_nap();
    }
    if (!is_receiver(kind))
        close(c.fd);
    claim_tell(STDOUT_FILENO);
    claim_wait();
    if (cut) {
        CHECK(kill(pid, SIGUSR1) == 0);
        claim_reap(pid);
        if (is_receiver(kind))
            CHECK_EQ(*result, PART);
        else if (kind == TTY) /* some of it may be under way */
            CHECK(*result > 0 && *result < FEW);
        else
            CHECK_EQ(*result, take(-1));
        want = *result;
    } else if (is_receiver(kind)) {
        CHECK(write(c.other, data + PART, ALL - PART) == ALL - PART);
        claim_reap(pid);
    } else {
        CHECK_EQ(take(want), want);
        claim_reap(pid);
    }
    BREAK(want++);
    if (*result != want)
        claim_fail(__FILE__, __LINE__, "%s: %zd, not %zd", names[kind],
                   *result, want);
    _exit(0);
}

int main(void)
{
    pid_t pid[2 * KINDS];
    int said[2], file;

    data = malloc(N);
    got = malloc(65536);
    claim_fill(data, N, 3);
    file = open(claim_path("data"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(file >= 0 && write(file, data, N) == N);
    for (int i = 0; i < 2 * KINDS; i++) {
        CHECK(pipe(said) == 0 && (pid[i] = fork()) >= 0);
        if (pid[i] == 0) {
            CHECK(dup2(said[1], STDOUT_FILENO) == STDOUT_FILENO);
            c.file = open(claim_path("data"), O_RDONLY);
            one(i / 2, i % 2);
        }
        close(said[1]);
        claim_hear(said[0]);
        close(said[0]);
    }
    claim_ready();
    claim_wait();
    for (int i = 0; i < 2 * KINDS; i++)
        claim_reap(pid[i]);
    claim_pass();
}
