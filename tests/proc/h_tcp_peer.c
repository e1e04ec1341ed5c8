/*
 * h_tcp_peer.c - one who is outside of the computation.
 *
 * "serve" PORT: writes the port (0: any) that it listens at to the file
 * `port`, sends "hello" to who comes, and stays connected. "client" PORT is
 * the program under control: it connects there before the checkpoint, and
 * afterwards must find what was unread, the end, and that nobody listens to
 * it. "both" PORT: so too, but expects the peer still there. "listen" is
 * under control and listens at a port of which it writes the number.
 */
#include "inet.h"

static int listen_at(int port)
{
    inet_name a;
    socklen_t n = inet_loopback(AF_INET, port, &a);
    int l = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    FILE *f = fopen(claim_path("port.new"), "w");

    CHECK(!setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
    CHECK(bind(l, (void *)&a, n) == 0 && listen(l, 5) == 0);
    a = inet_self(l);
    CHECK(f && fprintf(f, "%d\n", ntohs(((struct sockaddr_in *)&a)->sin_port)));
    CHECK(!fclose(f) && !rename(claim_path("port.new"), claim_path("port")));
    return l;
}

static void serve(int l)
{
    int s;

    while ((s = accept(l, NULL, NULL)) >= 0)
        CHECK(send(s, "hello", 5, 0) == 5);
}

static int no_write(int s)
{
    return send(s, "x", 1, MSG_NOSIGNAL) < 0 &&
           (errno == EPIPE || errno == ECONNRESET);
}

static void be_client(int port, int both)
{
    char buf[10];
    inet_name a;
    socklen_t n = inet_loopback(AF_INET, port, &a);
    int s = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(connect(s, (void *)&a, n) == 0);
    CHECK_EQ(recv(s, buf, 5, MSG_PEEK | MSG_WAITALL), 5);
    claim_ready();
    claim_wait();
    CHECK_EQ(recv(s, buf, 5, MSG_WAITALL), 5);
    CHECK(!memcmp(buf, "hello", 5));
    if (both) {
        CHECK(recv(s, buf, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
        CHECK(send(s, "x", 1, MSG_NOSIGNAL) == 1);
        return;
    }
    CHECK_EQ(recv(s, buf, 1, 0), 0);
    UNTIL(no_write(s));
}

int main(int argc, char **argv)
{
    int port = argc > 2 ? atoi(argv[2]) : 0;

    CHECK(argc > 1);
    if (!strcmp(argv[1], "serve")) {
        serve(listen_at(port));
    } else if (!strcmp(argv[1], "listen")) {
        listen_at(0);
        claim_ready();
        claim_wait();
    } else {
        be_client(port, !strcmp(argv[1], "both"));
    }
    claim_pass();
}
