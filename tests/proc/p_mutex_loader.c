/* Claim: a thread that holds the dynamic linker's lock, a recursive mutex that
 * libc takes without anybody seeing it, holds it afterwards, and gives it
 * back. */
#include "claim.h"
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>

static volatile int tries, has;
static int inside;

static int nothing(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)info;
    (void)size;
    (void)arg;
    return 1;
}

static void *other(void *arg)
{
    tries = 1;
    dl_iterate_phdr(nothing, NULL);
    has = 1;
    return arg;
}

static int look(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)info;
    (void)size;
    CHECK(pthread_create((pthread_t *)arg, NULL, other, NULL) == 0);
    UNTIL(tries);
    claim_ready();
    claim_wait();
    BREAK(has = 1);
    CHECK_EQ(has, 0);
    inside = 1;
    return dl_iterate_phdr(nothing, NULL); /* once more, by its owner */
}

int main(void)
{
    pthread_t t;

    CHECK(dl_iterate_phdr(look, &t) == 1);
    CHECK_EQ(inside, 1);
    CHECK(pthread_join(t, NULL) == 0);
    CHECK_EQ(has, 1);
    claim_pass();
}
