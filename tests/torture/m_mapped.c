/* m_mapped.c - mappings of an object and the object itself are one: a file,
 * one that has lost its first name or every name, a memory file. Shared
 * mappings show what is written and write what is shown; private ones do
 * so where they were not written to. */
#include "torture.h"

#include <sys/mman.h>

#define PAGES 16
#define PAGE 4096

enum { FILE_NAMED, FILE_RENAMED, FILE_REMOVED, FILE_MEMFD, KINDS };

static int make(struct inst *t, int kind)
{
    const char *first = own_path(t, "first"), *name = own_path(t, "map");
    int fd;

    if (kind == FILE_MEMFD) {
        fd = memfd_create("torture", 0);
    } else {
        fd = open(first, O_CREAT | O_RDWR | O_TRUNC, 0600);
        if (kind == FILE_RENAMED)
            NEED(t, link(first, name) == 0);
        if (kind != FILE_NAMED)
            NEED(t, unlink(first) == 0);
    }
    NEED(t, fd >= 0 && ftruncate(fd, PAGES * PAGE) == 0);
    return fd;
}

struct page {
    unsigned shared, own; /* seeds; own is 0 while the page is untouched */
};

static void look(struct inst *t, int fd, unsigned char *sh, unsigned char *pr,
                 const struct page *page, int i)
{
    unsigned char buf[PAGE];

    NEED(t, painted(sh + i * PAGE, PAGE, page[i].shared, 0));
    NEED(t, painted(pr + i * PAGE, PAGE,
                    page[i].own ? page[i].own : page[i].shared, 0));
    SAME(t, pread(fd, buf, PAGE, (off_t)i * PAGE), PAGE);
    NEED(t, painted(buf, PAGE, page[i].shared, 0));
}

static void change(struct inst *t, int fd, unsigned char *sh,
                   unsigned char *pr, struct page *p, int i, struct rng *r)
{
    unsigned char buf[PAGE];
    unsigned seed = 1 + rnd(r, 1u << 30);

    switch (rnd(r, 6)) {
    case 0:
        paint(pr + i * PAGE, PAGE, seed, 0);
        p[i].own = seed;
        break;
    case 1: /* back to what the object has */
        NEED(t, madvise(pr + i * PAGE, PAGE, MADV_DONTNEED) == 0);
        p[i].own = 0;
        break;
    case 2:
    case 3:
        paint(buf, PAGE, seed, 0);
        SAME(t, pwrite(fd, buf, PAGE, (off_t)i * PAGE), PAGE);
        p[i].shared = seed;
        break;
    default:
        paint(sh + i * PAGE, PAGE, seed, 0);
        p[i].shared = seed;
    }
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    struct page page[PAGES];
    int kind = (int)rnd(&r, KINDS), fd = make(t, kind);
    unsigned char *sh, *pr;

    sh = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    NEED(t, sh != MAP_FAILED);
    for (int i = 0; i < PAGES; i++) {
        page[i] = (struct page){1 + rnd(&r, 1000), 0};
        paint(sh + i * PAGE, PAGE, page[i].shared, 0);
    }
    pr = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    NEED(t, pr != MAP_FAILED);
    for (;;) {
        int i = (int)rnd(&r, PAGES);

        if (damage(t, part))
            sh[i * PAGE + 9] ^= 1;
        look(t, fd, sh, pr, page, i);
        change(t, fd, sh, pr, page, i, &r);
        look(t, fd, sh, pr, page, i);
        beat(t, part);
        nap(t, &r);
    }
}

const struct module module_mapped = {.name = "mapped", .parts = 1, .run = run};
