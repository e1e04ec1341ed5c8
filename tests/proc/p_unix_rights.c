/* Claim: descriptors on their way in sockets arrive: between the bytes where
 * they were sent, several at once, one that nobody else has, one that is
 * shared, a socket that holds another in a message of its own, and one that
 * lies in its own queue. */
#include "claim.h"

#include <sys/socket.h>
#include <sys/stat.h>

#define ROOM CMSG_SPACE(8 * sizeof(int))

static void post(int to, const char *text, const int *fd, int n)
{
    _Alignas(struct cmsghdr) char room[ROOM] = {0};
    struct iovec v = {(void *)text, strlen(text)};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

    if (n) {
        m.msg_control = room;
        m.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
        CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
        CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
        CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), fd, (size_t)n * sizeof(int));
    }
    CHECK_EQ(sendmsg(to, &m, 0), (ssize_t)strlen(text));
}

/* Expects exactly this text and n descriptors with one read. */
static void get(int from, const char *text, int *fd, int n)
{
    _Alignas(struct cmsghdr) char room[ROOM];
    char got[64] = "";
    struct iovec v = {got, sizeof(got)};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = room,
                       .msg_controllen = sizeof(room)};
    struct cmsghdr *h;

    CHECK_EQ(recvmsg(from, &m, MSG_DONTWAIT), (ssize_t)strlen(text));
    CHECK(!strcmp(got, text));
    h = CMSG_FIRSTHDR(&m);
    CHECK_EQ(h ? (h->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0, n);
    if (n)
        memcpy(fd, CMSG_DATA(h), (size_t)n * sizeof(int));
}

static void first(int from, char want)
{
    char c = 0;

    CHECK_EQ(recv(from, &c, 1, MSG_DONTWAIT), 1);
    CHECK_EQ(c, want);
}

int main(void)
{
    int a[2], b[2], d[2], p[2], f, got[8];
    char text[8] = "";
    struct stat st;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, b) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, d) == 0);
    CHECK(pipe(p) == 0 && write(p[1], "in the pipe", 11) == 11);
    f = open(claim_path("file"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(f >= 0 && write(f, "0123456789", 10) == 10);
    CHECK(lseek(f, 4, SEEK_SET) == 4);
    post(a[0], "plain", NULL, 0);
    post(a[0], "two", (int[]){p[0], f}, 2);
    post(a[0], "after", NULL, 0);
    post(a[0], "one", &f, 1);
    close(p[0]); /* the message alone has it now */
    post(d[0], "inner", &p[1], 1);
    close(p[1]);
    post(b[0], "socket", &d[1], 1); /* a socket with a message in it */
    close(d[1]);
    post(b[0], "bare", NULL, 0);
    post(b[0], "itself", &b[1], 1);
    claim_ready();
    claim_wait();
    BREAK(recv(a[1], text, 1, 0));
    first(a[1], 'p');
    get(a[1], "laintwo", got, 2);
    CHECK_EQ(read(got[0], text, 6), 6);
    CHECK(!strcmp(text, "in the"));
    p[0] = got[0];
    CHECK_EQ(lseek(got[1], 1, SEEK_CUR), 5);
    CHECK_EQ(lseek(f, 0, SEEK_CUR), 5); /* still one description */
    get(a[1], "afterone", got, 1);
    CHECK_EQ(lseek(got[0], 0, SEEK_CUR), 5);
    get(b[1], "socket", got, 1);
    d[1] = got[0];
    get(d[1], "inner", got, 1);
    CHECK(fstat(got[0], &st) == 0 && S_ISFIFO(st.st_mode));
    CHECK(write(got[0], "!", 1) == 1);
    CHECK_EQ(read(p[0], text, 8), 6);
    CHECK(!memcmp(text, " pipe!", 6));
    get(b[1], "bare", got, 0);
    get(b[1], "itself", got, 1);
    CHECK_EQ(send(b[0], "m", 1, 0), 1);
    first(got[0], 'm');
    claim_pass();
}
