/* Claim: each thread's alternate signal stack is kept and used, also by a
 * thread that stood on it when the checkpoint came. */
#include "claim.h"
#include <pthread.h>

#define SIZE 65536

static char stack_a[SIZE], stack_b[SIZE];
static __thread uintptr_t hit;
static volatile int on_it, go_on, up;

static void handler(int sig)
{
    char here;

    hit = (uintptr_t)&here;
    if (sig == SIGUSR2) {
        on_it = 1;
        UNTIL(go_on);
    }
}

static int within(uintptr_t p, const char *stack)
{
    return p - (uintptr_t)stack < SIZE;
}

static void *stands_on_it(void *arg)
{
    stack_t ss = {.ss_sp = stack_a, .ss_size = SIZE}, now;

    (void)arg;
    CHECK(sigaltstack(&ss, NULL) == 0);
    raise(SIGUSR2);
    CHECK(within(hit, stack_a));
    CHECK(sigaltstack(NULL, &now) == 0);
    CHECK(now.ss_sp == stack_a && now.ss_size == SIZE && now.ss_flags == 0);
    raise(SIGUSR1);
    CHECK(within(hit, stack_a));
    return NULL;
}

static void *has_it(void *arg)
{
    stack_t ss = {.ss_sp = stack_b, .ss_size = SIZE}, now;

    (void)arg;
    CHECK(sigaltstack(&ss, NULL) == 0);
    up = 1;
    UNTIL(go_on);
    BREAK(ss.ss_flags = SS_DISABLE; sigaltstack(&ss, NULL));
    CHECK(sigaltstack(NULL, &now) == 0);
    CHECK(now.ss_sp == stack_b && now.ss_size == SIZE && now.ss_flags == 0);
    raise(SIGUSR1);
    CHECK(within(hit, stack_b));
    return NULL;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    pthread_t t[2];

    CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
    CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
    CHECK(pthread_create(&t[0], NULL, stands_on_it, NULL) == 0);
    CHECK(pthread_create(&t[1], NULL, has_it, NULL) == 0);
    UNTIL(on_it && up);
    claim_ready();
    claim_wait();
    go_on = 1;
    CHECK(pthread_join(t[0], NULL) == 0 && pthread_join(t[1], NULL) == 0);
    claim_pass();
}
