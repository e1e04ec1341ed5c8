/* Claim: threads that wait on a condition variable wake up by a signal or a
 * broadcast that comes after the restart. */
#include "claim.h"
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int waiting, tickets, awake;

static void *waiter(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    waiting++;
    while (tickets == 0)
        CHECK(pthread_cond_wait(&c, &m) == 0);
    tickets--;
    awake++;
    pthread_mutex_unlock(&m);
    return NULL;
}

static int get(const int *p)
{
    int v;

    pthread_mutex_lock(&m);
    v = *p;
    pthread_mutex_unlock(&m);
    return v;
}

static void give(int n)
{
    pthread_mutex_lock(&m);
    tickets += n;
    if (n == 1)
        pthread_cond_signal(&c);
    else
        pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
}

int main(void)
{
    pthread_t t[6];

    for (int i = 0; i < 6; i++)
        CHECK(pthread_create(&t[i], NULL, waiter, NULL) == 0);
    UNTIL(get(&waiting) == 6);
    claim_ready();
    claim_wait();
    CHECK_EQ(get(&awake), 0);
    give(1);
    UNTIL(get(&awake) == 1);
    CHECK_EQ(get(&tickets), 0);
    give(5);
    for (int i = 0; i < 6; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    BREAK(awake++);
    CHECK_EQ(awake, 6);
    claim_pass();
}
