/* Claim: many computing threads go on where they were, and can be joined. */
#include "claim.h"
#include <pthread.h>

#define N 64

static volatile unsigned long count[N], check[N];
static volatile int stop;

static void *work(void *arg)
{
    long i = (long)arg;
    unsigned long n = 0, x = (unsigned long)i;

    while (!stop) {
        x = x * 6364136223846793005ul + 1442695040888963407ul;
        n++;
        check[i] = x;
        count[i] = n;
        if (n % 1000 == 0)
            claim_nap();
    }
    return (void *)x;
}

int main(void)
{
    pthread_t t[N];
    unsigned long was[N];
    void *ret;

    for (long i = 0; i < N; i++)
        CHECK(pthread_create(&t[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < N; i++)
        UNTIL(count[i] > 0);
    claim_ready();
    claim_wait();
    for (int i = 0; i < N; i++)
        was[i] = count[i];
    for (int i = 0; i < N; i++)
        UNTIL(count[i] > was[i]);
    stop = 1;
    for (long i = 0; i < N; i++) {
        unsigned long x = (unsigned long)i;

        CHECK(pthread_join(t[i], &ret) == 0);
        BREAK(count[i]++);
        for (unsigned long n = 0; n < count[i]; n++)
            x = x * 6364136223846793005ul + 1442695040888963407ul;
        CHECK((unsigned long)ret == x);
    }
    claim_pass();
}
