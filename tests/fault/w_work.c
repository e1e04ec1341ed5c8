/*
 * w_work.c - the program that the fault tests checkpoint.
 *
 * A parent with 96 MB that don't compress well, threads, a child that it
 * talks to through pipes all the time, and a file that both append to. It
 * verifies all of it at the end, and each 100th round of the conversation.
 */
#include "claim.h"
#include <pthread.h>

#define SIZE (96ul << 20)

static volatile int stop;
static int up[2], down[2];

static void *compute(void *arg)
{
    volatile unsigned long *n = arg;

    while (!stop) {
        ++*n;
        claim_nap();
    }
    return NULL;
}

static _Noreturn void child(int fd)
{
    char *mem = malloc(8ul << 20);
    int v;

    claim_fill(mem, 8ul << 20, 3);
    while (read(down[0], &v, sizeof v) == sizeof v && v >= 0) {
        CHECK(dprintf(fd, "child %d\n", v) > 0);
        CHECK(write(up[1], &v, sizeof v) == sizeof v);
    }
    CHECK(claim_same(mem, 8ul << 20, 3));
    _exit(0);
}

static void verify_log(int rounds)
{
    char line[64], want[64];
    FILE *f = fopen(claim_path("log"), "r");

    CHECK(f);
    for (int i = 0; i < 2 * rounds; i++) {
        snprintf(want, sizeof want, "%s %d\n", i % 2 ? "child" : "parent",
                 i / 2);
        if (!fgets(line, sizeof line, f) || strcmp(line, want) != 0)
            claim_fail(__FILE__, __LINE__, "line %d is %s", i, line);
    }
    CHECK(!fgets(line, sizeof line, f));
    fclose(f);
}

int main(void)
{
    unsigned long count[2] = {0, 0};
    char *mem = malloc(SIZE);
    pthread_t t[2];
    pid_t pid;
    int n = 0, v, fd;

    fd = open(claim_path("log"), O_CREAT | O_WRONLY | O_APPEND, 0644);
    CHECK(fd >= 0 && mem && pipe(up) == 0 && pipe(down) == 0);
    CHECK((pid = fork()) >= 0);
    if (pid == 0)
        child(fd);
    close(up[1]);
    close(down[0]);
    claim_fill(mem, SIZE, 1);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&t[i], NULL, compute, &count[i]) == 0);
    for (; !claim_go(); n++) {
        CHECK(dprintf(fd, "parent %d\n", n) > 0);
        CHECK(write(down[1], &n, sizeof n) == sizeof n);
        CHECK(read(up[0], &v, sizeof v) == sizeof v);
        CHECK_EQ(v, n);
        if (n == 5)
            claim_ready();
        claim_nap();
    }
    v = -1;
    CHECK(write(down[1], &v, sizeof v) == sizeof v);
    claim_reap(pid);
    stop = 1;
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    CHECK(claim_same(mem, SIZE, 1));
    verify_log(n);
    claim_pass();
}
