/*
 * asks.c - asks for its own checkpoint and tells what came back.
 * usage: asks [nowait|flag|twice|threads]
 */
#include <ckpt/ckpt.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_barrier_t both;

static void *other(void *arg)
{
    pthread_barrier_wait(&both);
    *(int *)arg = ckpt_checkpoint(0);
    return NULL;
}

static void tell(const char *what, int r)
{
    char why[200];

    ckpt_reason(why, sizeof(why));
    printf("%s %d enabled %d generation %u reason \"%s\"\n", what, r,
           ckpt_enabled(), ckpt_generation(), why);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";

    if (!strcmp(how, "flag")) {
        tell("asked", ckpt_checkpoint(64));
    } else if (!strcmp(how, "nowait")) {
        tell("asked", ckpt_checkpoint(CKPT_NOWAIT));
    } else if (!strcmp(how, "threads")) {
        pthread_t t;
        int a = 99, b;

        pthread_barrier_init(&both, NULL, 2);
        pthread_create(&t, NULL, other, &a);
        pthread_barrier_wait(&both);
        b = ckpt_checkpoint(0);
        pthread_join(t, NULL);
        printf("%d\n", (a == 0 || a == -EBUSY) && (b == 0 || b == -EBUSY) &&
                           (a == 0 || b == 0));
    } else {
        tell("asked", ckpt_checkpoint(0));
        if (!strcmp(how, "twice"))
            tell("asked", ckpt_checkpoint(0));
    }
    return 0;
}
