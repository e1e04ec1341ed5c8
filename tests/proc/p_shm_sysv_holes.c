/* Claim: pages of a System V segment that nobody has touched take no memory
 * after a checkpoint, nor after a restart; those between them are kept. */
#include "claim.h"
#include <sys/shm.h>

#define SIZE (64ul << 20)
#define STEP (3ul << 20)

/* What the segment with this key takes, in bytes. */
static long long taken(key_t key)
{
    FILE *f = fopen("/proc/sysvipc/shm", "r");
    char line[300];
    unsigned long long rss = 0, swap = 0;
    long long sum = -1;
    int k;

    CHECK(f);
    while (fgets(line, sizeof(line), f))
        if (sscanf(line, "%d %*d %*o %*u %*d %*d %*u %*d %*d %*d %*d %*d %*d "
                   "%*d %llu %llu", &k, &rss, &swap) == 3 && k == key)
            sum = (long long)(rss + swap);
    fclose(f);
    return sum;
}

int main(void)
{
    key_t key = (key_t)(0x47000000 | getpid());
    int id = shmget(key, SIZE, IPC_CREAT | IPC_EXCL | 0600);
    char *p = shmat(id, NULL, 0);
    long long before, now;

    CHECK(id >= 0 && p != (void *)-1);
    for (size_t at = 4096; at < SIZE; at += STEP)
        claim_fill(p + at, 4096, (unsigned)(at / STEP));
    before = taken(key);
    claim_ready();
    claim_wait();
    BREAK(memset(p, 1, SIZE));
    now = taken(key);
    if (now != before) {
        shmctl(id, IPC_RMID, NULL);
        claim_fail(__FILE__, __LINE__, "it took %lld, and takes %lld", before,
                   now);
    }
    for (size_t at = 4096; at < SIZE; at += STEP)
        CHECK(claim_same(p + at, 4096, (unsigned)(at / STEP)));
    CHECK(p[0] == 0 && p[SIZE - 1] == 0);
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
    claim_pass();
}
