/* Claim: data that looks like a lock that a thread holds is data. A program
 * keeps tables of processes with small numbers beside theirs. */
#include "claim.h"
#include <pthread.h>
#include <sys/mman.h>

enum { KINDS = 6, WORDS = 10, COPIES = 40 };

struct table {
    uint32_t row[COPIES][WORDS];
};

/* As glibc has them: lock, count, owner, users, kind; and a read/write lock,
 * whose writer is the seventh word. ME stands for the thread's number. */
#define ME 0x7fffffffu
static const uint32_t like[KINDS][WORDS] = {
    {1, 1, ME, 1, 1},       /* recursive */
    {2, 0, ME, 1, 2},       /* error checking, waited for */
    {ME, 1, ME, 1, 1 + 16}, /* robust */
    {ME, 0, ME, 1, 32},     /* inheriting */
    {ME, 0, ME, 1, 32 + 2},
    {3, 0, 0, 0, 0, 0, ME}, /* written */
};

static uint32_t word(int row, int i, uint32_t me)
{
    uint32_t w = like[row % KINDS][i];

    return w == ME ? me : w;
}

static void fill(struct table *t, uint32_t me)
{
    for (int row = 0; row < COPIES; row++)
        for (int i = 0; i < WORDS; i++)
            t->row[row][i] = word(row, i, me);
}

static void same(const struct table *t, uint32_t me)
{
    for (int row = 0; row < COPIES; row++)
        for (int i = 0; i < WORDS; i++)
            CHECK_EQ(t->row[row][i], word(row, i, me));
}

static void *thread(void *arg)
{
    struct table *shared = arg, own, *heap = malloc(sizeof *heap);
    volatile uint32_t not_me = ~(uint32_t)gettid(); /* like nothing */

    CHECK(heap != NULL);
    fill(shared, ~not_me);
    fill(&own, ~not_me);
    fill(heap, ~not_me);
    claim_ready();
    claim_wait();
    BREAK(own.row[3][2]++);
    same(shared, ~not_me);
    same(&own, ~not_me);
    same(heap, ~not_me);
    free(heap);
    return NULL;
}

int main(void)
{
    struct table *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_t t;

    CHECK(shared != MAP_FAILED);
    CHECK(pthread_create(&t, NULL, thread, shared) == 0);
    CHECK(pthread_join(t, NULL) == 0);
    claim_pass();
}
