/* Claim: what madvise, mlock2, mseal, MAP_DROPPABLE and prctl have said of
 * memory still stands: VmFlags of each area are what they were. */
#include "claim.h"
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define SIZE 65536ul
#define MSEAL 462
#define DROPPABLE 8
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

static const int advice[] = {MADV_SEQUENTIAL, MADV_RANDOM, MADV_DONTDUMP,
                             MADV_NOHUGEPAGE, MADV_MERGEABLE,
                             MADV_WIPEONFORK, MADV_DONTFORK};
enum {
    ADVICE = sizeof advice / sizeof *advice,
    FILE_RANDOM = ADVICE,
    SHARED_RANDOM,
    ON_FAULT,
    LOCKED,
    SEALED,
    DROP,
    NONE,
    NAMED,
    N
};
static char *area[N], flags[N][300];

static char *get(int prot, int how, int fd)
{
    char *p = mmap(NULL, SIZE, prot, how, fd, 0);

    return p == MAP_FAILED ? NULL : p;
}

static void make(void)
{
    int rw = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS;
    int fd = open("/proc/self/exe", O_RDONLY);

    for (int i = 0; i < N; i++) {
        area[i] = get(i == NONE ? PROT_NONE : i == FILE_RANDOM ? PROT_READ : rw,
                      i == FILE_RANDOM     ? MAP_PRIVATE
                      : i == SHARED_RANDOM ? MAP_SHARED | MAP_ANONYMOUS
                      : i == DROP          ? DROPPABLE | MAP_ANONYMOUS
                                           : anon,
                      i == FILE_RANDOM ? fd : -1);
        if (i < ADVICE) /* not every kernel has each */
            madvise(area[i], SIZE, advice[i]);
    }
    CHECK(close(fd) == 0);
    CHECK(madvise(area[FILE_RANDOM], SIZE, MADV_RANDOM) == 0);
    CHECK(madvise(area[SHARED_RANDOM], SIZE, MADV_RANDOM) == 0);
    CHECK(mlock2(area[ON_FAULT], SIZE, MLOCK_ONFAULT) == 0);
    CHECK(mlock(area[LOCKED], 4096) == 0);
    strcpy(area[SEALED] + 4096, "hidden");
    mprotect(area[SEALED], SIZE, PROT_NONE);
    syscall(MSEAL, area[SEALED], SIZE, 0);
    prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, area[NAMED], SIZE, "my heap");
}

static int shown(const char *want)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[500];
    int found = 0;

    CHECK(f);
    while (fgets(line, sizeof line, f))
        found |= strstr(line, want) != NULL;
    fclose(f);
    return found;
}

int main(void)
{
    int named;
    pid_t pid;

    make();
    named = shown("[anon:my heap]");
    for (int i = 0; i < N; i++)
        strcpy(flags[i], area[i] ? claim_vmflags(area[i]) : "");
    claim_ready();
    claim_wait();
    BREAK(madvise(area[0], SIZE, MADV_NORMAL));
    for (int i = 0; i < N; i++)
        if (area[i] && strcmp(flags[i], claim_vmflags(area[i])) != 0)
            claim_fail(__FILE__, __LINE__, "area %d had%s, has%s", i,
                       flags[i], claim_vmflags(area[i]));
    CHECK_EQ(shown("[anon:my heap]"), named);
    if (strstr(flags[SEALED], " sl"))
        CHECK(mprotect(area[SEALED], SIZE, PROT_READ) < 0);
    if (!area[DROP])
        claim_pass();
    strcpy(area[DROP], "seed");
    CHECK((pid = fork()) >= 0);
    if (pid == 0)
        _exit(*area[DROP] != 0);
    claim_reap(pid);
    claim_pass();
}
