/* Claim: after a checkpoint a blocked read is interrupted by the program's
 * own signal as ever: EINTR without SA_RESTART, restarted with it. */
#include "claim.h"
#include <pthread.h>

static volatile int up, hits, ended;

static void handler(int s)
{
    (void)s;
    __atomic_fetch_add(&hits, 1, __ATOMIC_SEQ_CST);
}

static void *reads(void *arg)
{
    char c;

    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    errno = 0;
    if (read(*(int *)arg, &c, 1) < 0) {
        CHECK_EQ(errno, EINTR);
        ended = 1;
        return (void *)1;
    }
    return NULL;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handler};
    pthread_t a, b;
    int fd[2];
    void *r;

    CHECK(pipe(fd) == 0 && sigaction(SIGUSR1, &sa, NULL) == 0);
    sa.sa_flags = SA_RESTART;
    CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
    CHECK(pthread_create(&a, NULL, reads, &fd[0]) == 0);
    CHECK(pthread_create(&b, NULL, reads, &fd[0]) == 0);
    UNTIL(up == 2);
    claim_ready();
    claim_wait();
    CHECK(hits == 0 && ended == 0);
    while (!ended) {
        pthread_kill(a, SIGUSR1);
        claim_nap();
    }
    CHECK(pthread_join(a, &r) == 0 && r == (void *)1);
    hits = 0;
    CHECK(pthread_kill(b, SIGUSR2) == 0);
    UNTIL(hits == 1);
    BREAK(errno = 0; CHECK(0));
    CHECK_EQ(pthread_tryjoin_np(b, &r), EBUSY);
    claim_tell(fd[1]);
    CHECK(pthread_join(b, &r) == 0 && r == NULL);
    claim_pass();
}
