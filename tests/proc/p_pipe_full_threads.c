/* Claim: three threads blocked on writing small records to one full pipe
 * write each record whole and once. */
#include "claim.h"
#include <pthread.h>

#define REC 512
#define EACH 300

static int fd[2];

static void *writer(void *arg)
{
    char rec[REC];

    for (int i = 0; i < EACH; i++) {
        memset(rec, (int)(long)arg, REC);
        memcpy(rec, &i, sizeof i);
        CHECK_EQ(write(fd[1], rec, REC), REC);
    }
    return NULL;
}

int main(void)
{
    pthread_t t[3];
    char rec[REC];
    int next[3] = {0};

    CHECK(pipe(fd) == 0 && fcntl(fd[1], F_SETPIPE_SZ, 4096) == 4096);
    for (long i = 0; i < 3; i++)
        CHECK(pthread_create(&t[i], NULL, writer, (void *)('a' + i)) == 0);
    CHECK_EQ(read(fd[0], rec, REC), REC);
    next[rec[REC - 1] - 'a']++;
    claim_ready();
    claim_wait();
    for (int n = 1; n < 3 * EACH; n++) {
        int i, w;

        CHECK_EQ(read(fd[0], rec, REC), REC);
        w = rec[REC - 1] - 'a';
        memcpy(&i, rec, sizeof i);
        BREAK(i++);
        CHECK(w >= 0 && w < 3);
        CHECK_EQ(i, next[w]);
        next[w]++;
    }
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(t[i], NULL) == 0);
    claim_pass();
}
