/* Claim: each thread keeps its name. */
#include "claim.h"
#include <pthread.h>
#include <sys/prctl.h>

static volatile int up, go_on;

static void *named(void *arg)
{
    char name[20], is[20];

    snprintf(name, sizeof name, "worker %ld", (long)arg);
    CHECK(prctl(PR_SET_NAME, name) == 0);
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    UNTIL(go_on);
    CHECK(prctl(PR_GET_NAME, is) == 0);
    BREAK(is[0] = 'x');
    CHECK(strcmp(is, name) == 0);
    CHECK(pthread_getname_np(pthread_self(), is, sizeof is) == 0);
    CHECK(strcmp(is, name) == 0);
    return NULL;
}

int main(void)
{
    pthread_t t[5];
    char is[20];

    CHECK(prctl(PR_SET_NAME, "the chief") == 0);
    for (long i = 0; i < 5; i++)
        CHECK(pthread_create(&t[i], NULL, named, (void *)i) == 0);
    UNTIL(up == 5);
    claim_ready();
    claim_wait();
    CHECK(prctl(PR_GET_NAME, is) == 0 && strcmp(is, "the chief") == 0);
    CHECK(pthread_getname_np(t[3], is, sizeof is) == 0);
    CHECK(strcmp(is, "worker 3") == 0);
    go_on = 1;
    for (int i = 0; i < 5; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    claim_pass();
}
