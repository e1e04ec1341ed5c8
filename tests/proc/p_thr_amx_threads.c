/* Claim: in a process that may use AMX, threads that hold tiles, that have
 * held some, and that never did keep tiles and vectors, also while a handler
 * runs above them; and what is made afterwards, threads and children, may
 * use tiles as well. */
#include "amx.h"

enum how { NEVER, HOLDS, HELD, HANDLER, KINDS };

static volatile int flag, entered, handling, may_return;

static void handle(int sig)
{
    (void)sig;
    handling = 1;
    while (!may_return)
        ;
}

/* Both in one register file: tile 0, ymm 5. */
static void hold(enum how how)
{
    static unsigned char in[KINDS][1024], out[KINDS][1024];
    unsigned char *i = in[how], *o = out[how];

    claim_fill(i, 1024, 20 + how);
    memcpy(o, i, 1024);
    if (how == HOLDS || how == HANDLER)
        AMX_HOLD(i, o, &flag, &entered);
    else
        AVX_HOLD(i, o, &flag, &entered);
    if (how == NEVER)
        BREAK(o[9] ^= 1);
    CHECK(memcmp(i, o, 1024) == 0);
}

static void *thread(void *arg)
{
    enum how how = (enum how)(long)arg;

    if (how == HELD)
        CHECK(amx_works());
    hold(how);
    return NULL;
}

static void *fresh(void *arg)
{
    *(int *)arg = amx_works();
    return NULL;
}

int main(void)
{
    struct sigaction sa = {.sa_handler = handle};
    pthread_t t[KINDS], one;
    int worked = 0;
    pid_t pid;

    if (!amx_ask())
        claim_skip("no AMX here");
    CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
    for (long i = 0; i < KINDS; i++)
        CHECK(pthread_create(&t[i], NULL, thread, (void *)i) == 0);
    UNTIL(entered == KINDS);
    CHECK(pthread_kill(t[HANDLER], SIGUSR1) == 0);
    UNTIL(handling);
    claim_ready();
    claim_wait();
    may_return = 1;
    flag = 1;
    for (int i = 0; i < KINDS; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    CHECK(pthread_create(&one, NULL, fresh, &worked) == 0);
    CHECK(pthread_join(one, NULL) == 0 && worked);
    pid = fork();
    CHECK(pid >= 0);
    if (!pid)
        _exit(!amx_works());
    claim_reap(pid);
    claim_pass();
}
