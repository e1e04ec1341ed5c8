/* test_strangers.c - who has proved the key is let in, however many others
 * come and however late it is heard. */
#include "tests/unit/fake.h"

#include "coordinator/link.h"
#include "lib/proto/auth.h"

/* Up to the PROVE that it would send. */
static struct ck_msg_prove shakes_hands(struct fake *p)
{
    struct ck_msg_hello hello = {.role = CK_ROLE_CONTROL};
    struct ck_msg_prove prove;
    struct ck_msg_challenge ch;
    char path[CK_PATH + 8], why[256];
    uint8_t key[CK_KEY_SIZE];

    snprintf(path, sizeof path, "%s/key", job);
    assert_int_equal(ck_auth_load_key(path, key, why, sizeof why), 0);
    p->fd = knock();
    ck_client_rx_init(&p->rx, p->buf, sizeof p->buf);
    SEND(p, hello, HELLO, .role = hello.role);
    ch = GET(p, challenge, CHALLENGE);
    ck_auth_mac(prove.mac, key, 'C', hello.role, ch.nonce, hello.nonce);
    return prove;
}

static void who_was_not_heard_for_a_while_is_let_in(void **state)
{
    static struct fake p;
    struct ck_msg_prove prove;
    int fd[2 * CK_LINK_STRANGERS], n = 0;

    (void)state;
    start(NULL);
    prove = shakes_hands(&p);
    while (n < CK_LINK_STRANGERS - 10)
        fd[n++] = knock();
    quiet(&p); /* they are all in */
    kill(coordinator, SIGSTOP);
    fd[n++] = knock(); /* is seen before p is */
    assert_int_equal(CK_CLIENT_SEND(p.fd, out, sizeof out, prove, PROVE,
                                    &prove), 0);
    SEND(&p, command, COMMAND, .cmd = CK_CMD_STATUS);
    while (n < 2 * CK_LINK_STRANGERS)
        fd[n++] = knock();
    usleep(1000 * (CK_LINK_PATIENCE_MS + 100));
    kill(coordinator, SIGCONT);
    assert_int_equal(GET(&p, reply, REPLY).code, 0);
    while (n)
        close(fd[--n]);
    close(p.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(who_was_not_heard_for_a_while_is_let_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
