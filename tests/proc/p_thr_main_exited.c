/* Claim: a program whose main thread has ended lives on in another one. */
#include "claim.h"
#include <pthread.h>

static int value = 7;

static int main_is_zombie(void)
{
    char path[64], line[256];
    int z = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
    f = fopen(path, "r");
    if (f && fgets(line, sizeof line, f))
        z = strstr(line, ") Z ") != NULL;
    if (f)
        fclose(f);
    return z;
}

static void *survivor(void *arg)
{
    (void)arg;
    UNTIL(main_is_zombie());
    claim_ready();
    claim_wait();
    BREAK(value++);
    CHECK_EQ(value, 7);
    claim_pass();
}

int main(void)
{
    pthread_t t;

    CHECK(pthread_create(&t, NULL, survivor, NULL) == 0);
    pthread_exit(NULL);
}
