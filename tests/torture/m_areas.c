/* m_areas.c - memory of every sort: what cannot be touched, guards, stacks that
 * grow, locked, sealed, named, bound to a node, with what madvise says for
 * forks. Sort and contents stay, while each is made anew now and then. */
#include "torture.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define PAGE 4096ul
#define PAGES 8

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#define SYS_MSEAL 462
#define PREFERRED 1
#define OF_ADDRESS 2

struct area {
    unsigned char *p; /* NULL: this sort is not to be had here */
    unsigned seed;
};

/* Nobody dies of this look. */
static int readable(const void *p)
{
    char c;
    struct iovec to = {&c, 1}, from = {(void *)(uintptr_t)p, 1};

    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1;
}

static int no_access(unsigned char *p) { return mprotect(p, PAGES * PAGE, PROT_NONE); }
static int guard(unsigned char *p) { return madvise(p + PAGE, PAGE, MADV_GUARD_INSTALL); }
static int keep_out(unsigned char *p) { return madvise(p, PAGES * PAGE, MADV_DONTFORK); }
static int wipe(unsigned char *p) { return madvise(p, PAGES * PAGE, MADV_WIPEONFORK); }
static int merge(unsigned char *p) { return madvise(p, PAGES * PAGE, MADV_MERGEABLE); }
static int huge(unsigned char *p) { return madvise(p, PAGES * PAGE, MADV_HUGEPAGE); }
static int small(unsigned char *p) { return madvise(p, PAGES * PAGE, MADV_NOHUGEPAGE); }
static int lock(unsigned char *p) { return mlock(p, PAGES * PAGE); }
static int lock_late(unsigned char *p) { return mlock2(p, PAGES * PAGE, MLOCK_ONFAULT); }
static int name(unsigned char *p)
{
    return prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, PAGES * PAGE, "tortured");
}
static int seal(unsigned char *p) { return (int)syscall(SYS_MSEAL, p, PAGES * PAGE, 0); }
static int bind_node(unsigned char *p)
{
    unsigned long node = 1;

    return (int)syscall(SYS_mbind, p, PAGES * PAGE, PREFERRED, &node, 64L, 0);
}

static int is_barred(const unsigned char *p) { return !readable(p) && !readable(p + 3 * PAGE); }
static int is_guarded(const unsigned char *p)
{
    return !readable(p + PAGE) && readable(p + 2 * PAGE);
}
static int is_kept_out(const unsigned char *p) { return flagged(p, " dc"); }
static int is_wiped(const unsigned char *p) { return flagged(p, " wf"); }
static int is_merged(const unsigned char *p) { return flagged(p, " mg"); }
static int is_huge(const unsigned char *p) { return flagged(p, " hg"); }
static int is_small(const unsigned char *p) { return flagged(p, " nh"); }
static int is_locked(const unsigned char *p) { return flagged(p, " lo"); }
static int is_growing(const unsigned char *p) { return flagged(p, " gd"); }
static int is_sealed(const unsigned char *p)
{
    return mprotect((void *)(uintptr_t)p, PAGE, PROT_READ) < 0 && errno == EPERM;
}
static int is_bound(const unsigned char *p)
{
    int mode = -1;

    return syscall(SYS_get_mempolicy, &mode, NULL, 0L, p, OF_ADDRESS) == 0 && mode == PREFERRED;
}
static int is_named_now(const unsigned char *p)
{
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned long a, b;
    char text[512];
    int yes = 0;

    while (f && fgets(text, sizeof text, f))
        if (sscanf(text, "%lx-%lx ", &a, &b) == 2 && a <= (unsigned long)p && (unsigned long)p < b)
            yes = strstr(text, "[anon:tortured]") != NULL;
    if (f)
        fclose(f);
    return yes;
}
/* A restart in the midst of the text shows two halves of two. */
static int is_named(const unsigned char *p)
{
    return is_named_now(p) || is_named_now(p) || is_named_now(p);
}

enum { BARRED, GUARDED, SEALED = 9 }; /* those whose contents are looked at otherwise */

static const struct {
    const char *what;
    int flags;
    int (*make)(unsigned char *p);
    int (*is)(const unsigned char *p);
} sorts[] = {
    [BARRED] = {"no access", 0, no_access, is_barred},
    [GUARDED] = {"a guard", 0, guard, is_guarded},
    {"not for forks", 0, keep_out, is_kept_out},
    {"wiped on fork", 0, wipe, is_wiped},
    {"merged", 0, merge, is_merged},
    {"huge", 0, huge, is_huge},
    {"not huge", 0, small, is_small},
    {"locked", 0, lock, is_locked},
    {"locked on fault", 0, lock_late, is_locked},
    [SEALED] = {"sealed", 0, seal, is_sealed},
    {"grows", MAP_GROWSDOWN, NULL, is_growing},
    {"bound", 0, bind_node, is_bound},
    {"named", 0, name, is_named},
};
#define N (sizeof sorts / sizeof sorts[0])

static int has(const struct area *a, unsigned sort)
{
    return (sort == GUARDED || painted(a->p + PAGE, PAGE, a->seed, PAGE)) &&
           painted(a->p, PAGE, a->seed, 0) &&
           painted(a->p + 2 * PAGE, (PAGES - 2) * PAGE, a->seed, 2 * PAGE);
}

static void make(struct inst *t, struct area *a, unsigned sort, unsigned seed)
{
    if (a->p && sort == SEALED)
        return;
    if (a->p)
        NEED(t, munmap(a->p, PAGES * PAGE) == 0);
    a->p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | sorts[sort].flags, -1, 0);
    NEED(t, a->p != MAP_FAILED);
    a->seed = seed;
    paint(a->p, PAGES * PAGE, seed, 0);
    if (sorts[sort].make && sorts[sort].make(a->p) < 0) {
        munmap(a->p, PAGES * PAGE);
        a->p = NULL;
    }
}

static void look(struct inst *t, struct area *a, unsigned sort)
{
    if (!a->p)
        return;
    if (!sorts[sort].is(a->p))
        fault(t, __FILE__, __LINE__, "an area is not \"%s\" any more", sorts[sort].what);
    if (sort == BARRED)
        NEED(t, mprotect(a->p, PAGES * PAGE, PROT_READ) == 0);
    if (!has(a, sort))
        fault(t, __FILE__, __LINE__, "an area that is \"%s\" has other contents",
              sorts[sort].what);
    if (sort == BARRED)
        NEED(t, mprotect(a->p, PAGES * PAGE, PROT_NONE) == 0);
}

/* What a child sees of two of them. */
static void in_child(struct inst *t, const struct area *area)
{
    pid_t pid = fork();

    NEED(t, pid >= 0);
    if (pid == 0) {
        int bad = 0;

        for (unsigned i = 0; i < N; i++) {
            const unsigned char *p = area[i].p;

            if (p && sorts[i].make == keep_out)
                bad |= readable(p) ? 1 : 0;
            else if (p && sorts[i].make == wipe)
                bad |= p[0] || p[PAGE + 5] ? 2 : 0;
        }
        _exit(bad);
    }
    reap(t, pid, 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct area area[N] = {{NULL, 0}};

    for (unsigned i = 0; i < N; i++)
        make(t, &area[i], i, rnd(&r, 1u << 30));
    for (;;) {
        unsigned i = rnd(&r, N);

        if (damage(t, part)) {
            i = BARRED;
            NEED(t, mprotect(area[i].p, PAGE, PROT_READ) == 0);
        }
        look(t, &area[i], i);
        switch (rnd(&r, 6)) {
        case 0: make(t, &area[i], i, rnd(&r, 1u << 30)); break;
        case 1: in_child(t, area); break;
        default: nap(t, &r);
        }
        beat(t, part);
    }
}

const struct module module_areas = {.name = "areas", .parts = 1, .run = run};
