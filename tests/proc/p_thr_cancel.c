/* Claim: a blocked thread can be cancelled after a restart, its cleanup
 * handlers run; pthread_kill reaches the thread it names. */
#include "claim.h"
#include <pthread.h>

static volatile int up, cleaned;
static volatile pthread_t got;

static void cleanup(void *arg)
{
    (void)arg;
    cleaned = 1;
}

static void handler(int sig)
{
    (void)sig;
    got = pthread_self();
}

static void *blocked(void *arg)
{
    int *fd = arg;
    char c;

    pthread_cleanup_push(cleanup, NULL);
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    while (read(fd[0], &c, 1) != 1)
        ;
    pthread_cleanup_pop(0);
    return NULL;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
    int fd[2];
    pthread_t a, b;
    void *r;

    CHECK(pipe(fd) == 0 && sigaction(SIGUSR1, &sa, NULL) == 0);
    CHECK(pthread_create(&a, NULL, blocked, fd) == 0);
    CHECK(pthread_create(&b, NULL, blocked, fd) == 0);
    UNTIL(up == 2);
    claim_ready();
    claim_wait();
    BREAK(got = a; goto end);
    CHECK(pthread_kill(b, SIGUSR1) == 0);
    UNTIL(got == b);
    CHECK(pthread_cancel(a) == 0);
    CHECK(pthread_join(a, &r) == 0);
    CHECK(r == PTHREAD_CANCELED && cleaned);
    CHECK(pthread_kill(b, 0) == 0);
    claim_tell(fd[1]);
    CHECK(pthread_join(b, &r) == 0 && r == NULL);
end:
    CHECK(got == b);
    claim_pass();
}
