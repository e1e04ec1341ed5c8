/* Claim: a C library call that signals all threads (setgid) works after a
 * checkpoint: its signal and its handler are untouched. */
#include "claim.h"
#include <pthread.h>

static volatile int up, go_on;

static void *work(void *arg)
{
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    UNTIL(go_on);
    return arg;
}

int main(void)
{
    pthread_t t[4];

    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&t[i], NULL, work, NULL) == 0);
    UNTIL(up == 4);
    CHECK(setregid((gid_t)-1, getegid()) == 0);
    claim_ready();
    claim_wait();
    BREAK(errno = 0; CHECK(0));
    CHECK(setregid((gid_t)-1, getegid()) == 0);
    CHECK(seteuid(getuid()) == 0);
    go_on = 1;
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    claim_pass();
}
