/*
 * test_inet.c - a port that connections of a killed run still keep is had
 * again, whichever of their two ends the kernel keeps it for; one that
 * somebody has is not.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>

#include "lib/res/inet.h"

#define TRIES 200

struct pair {
    struct ck_inet name; /* of the server */
    struct ck_inet from;
    int server, client;
};

static int plain_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    return fd;
}

/* A server without SO_REUSEADDR, as most programs are. */
static int serve(struct ck_inet *name)
{
    int fd = plain_socket();

    memset(name, 0, sizeof(*name));
    ck_inet_loopback(name, AF_INET);
    assert_int_equal(ck_inet_bind(fd, AF_INET, name), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(ck_inet_name(fd, 0, name), 0);
    return fd;
}

static void open_pair(struct pair *p)
{
    int fd = serve(&p->name);

    p->client = plain_socket();
    assert_int_equal(ck_inet_connect(p->client, AF_INET, &p->name), 0);
    assert_int_equal(ck_inet_name(p->client, 0, &p->from), 0);
    p->server = accept(fd, NULL, NULL);
    assert_true(p->server >= 0);
    close(fd);
}

/* How many ends the kernel keeps. */
struct kept {
    unsigned port, from, server, client;
};

static int count(void *arg, const struct ck_inet_seen *s)
{
    struct kept *k = arg;

    k->server += s->local.port == k->port && s->peer.port == k->from;
    k->client += s->local.port == k->from && s->peer.port == k->port;
    return 0;
}

static struct kept kept(const struct pair *p)
{
    struct kept k = {.port = p->name.port, .from = p->from.port};

    assert_int_equal(ck_inet_list(1u << TCP_TIME_WAIT, count, &k), 0);
    return k;
}

/* A connection is had again between the same addresses. */
static void expect_connected(const struct pair *p)
{
    int fd = plain_socket(), client = plain_socket();

    ck_inet_end_kept(&p->name, &p->from);
    assert_int_equal(ck_inet_bind(fd, AF_INET, &p->name), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(ck_inet_connect_from(client, AF_INET, &p->from, &p->name),
                     0);
    close(client);
    close(fd);
}

static void expect_bound(const struct pair *p)
{
    int fd = plain_socket();

    assert_int_equal(ck_inet_bind(fd, AF_INET, &p->name), -EADDRINUSE);
    assert_int_equal(ck_inet_bind_again(fd, AF_INET, &p->name), 0);
    close(fd);
}

/* Who closes first is who is kept. */
static void close_first(struct pair *p, int server)
{
    struct kept k;

    open_pair(p);
    close(server ? p->server : p->client);
    close(server ? p->client : p->server);
    k = kept(p);
    assert_int_equal(k.server, server);
    assert_int_equal(k.client, !server);
}

static void kept_for_the_server(void **state)
{
    struct pair p;

    (void)state;
    close_first(&p, 1);
    expect_bound(&p);
}

struct closer {
    atomic_int *go;
    int fd;
};

static void *close_at_once(void *arg)
{
    struct closer *c = arg;

    atomic_fetch_add(c->go, 1);
    while (atomic_load(c->go) < 2)
        ;
    close(c->fd);
    return NULL;
}

/* What is left of two processes that are killed together: each end has sent
 * its FIN before it has seen the other's. */
static void close_both(struct pair *p)
{
    struct kept k = {0};

    for (int i = 0; i < TRIES && (!k.server || !k.client); i++) {
        atomic_int go = 0;
        pthread_t t;
        struct closer here = {.go = &go}, there = {.go = &go};

        open_pair(p);
        here.fd = p->server;
        there.fd = p->client;
        assert_int_equal(pthread_create(&t, NULL, close_at_once, &there), 0);
        close_at_once(&here);
        pthread_join(t, NULL);
        k = kept(p);
    }
    if (!k.server || !k.client) {
        print_message("the ends never closed at the same time\n");
        skip();
    }
}

static void kept_for_both(void **state)
{
    struct pair p;

    (void)state;
    close_both(&p);
    expect_bound(&p);
}

static void connected_after_both(void **state)
{
    struct pair p;

    (void)state;
    close_both(&p);
    expect_connected(&p);
}

static void connected_after_the_client(void **state)
{
    struct pair p;

    (void)state;
    close_first(&p, 0);
    expect_connected(&p);
}

/* A port that the client had bound is not for sharing, and the connection
 * that keeps it is another one. */
static void kept_for_another_connection(void **state)
{
    struct ck_inet to, from = {.port = 0};
    int server = serve(&to), client = plain_socket(), one;

    (void)state;
    ck_inet_loopback(&from, AF_INET);
    assert_int_equal(ck_inet_bind(client, AF_INET, &from), 0);
    assert_int_equal(ck_inet_name(client, 0, &from), 0);
    assert_int_equal(ck_inet_connect(client, AF_INET, &to), 0);
    one = accept(server, NULL, NULL);
    close(client);
    close(one);
    close(server);
    server = serve(&to);
    client = plain_socket();
    assert_int_equal(ck_inet_connect_from(client, AF_INET, &from, &to), 0);
    close(client);
    close(server);
}

static void somebody_has_it(void **state)
{
    struct ck_inet name;
    int fd = serve(&name), again = plain_socket();

    (void)state;
    assert_int_equal(ck_inet_bind_again(again, AF_INET, &name), -EADDRINUSE);
    close(again);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_for_the_server),
        cmocka_unit_test(kept_for_both),
        cmocka_unit_test(connected_after_both),
        cmocka_unit_test(connected_after_the_client),
        cmocka_unit_test(kept_for_another_connection),
        cmocka_unit_test(somebody_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
