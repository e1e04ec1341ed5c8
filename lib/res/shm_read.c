/*
 * shm_read.c - the bytes of shared memory that nobody has open.
 *
 * There may be no other way to them than through the processes that have it
 * mapped. One that shares a page shows the object's; one that has it mapped
 * privately does so for pages that it has not written: pagemap tells which.
 * A page that all have written for themselves is nowhere to be seen: what the
 * first of them has is taken for it, as nobody reads another one until it
 * gives its own away (MADV_DONTNEED). What lies behind the end of a file
 * can't be read.
 */
#include "lib/res/shm.h"
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096u
#define PAGES (CK_RES_PIECE / PAGE)
#define PM_PRESENT (1ull << 63)
#define PM_SWAPPED (1ull << 62)
#define PM_FILE (1ull << 61)

/* Pages of an object, from `at` on: which are mapped by anybody and missing
 * still, which have been found. */
struct window {
    uint64_t at;
    size_t missing;
    uint8_t wanted[PAGES], got[PAGES];
    char buf[CK_RES_PIECE];
};

static int open_of(const struct ck_res_part *p, const char *name)
{
    char path[96];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", p->base, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Which pages of the part from `addr` on are the process's own. */
static int read_own(const struct ck_res_part *p, uint64_t addr, size_t n,
                    uint8_t *own)
{
    uint64_t entry[PAGES];
    int fd = open_of(p, "pagemap");
    ssize_t k;

    if (fd < 0)
        return fd;
    k = pread(fd, entry, n * 8, (off_t)(addr / PAGE * 8));
    close(fd);
    if (k != (ssize_t)(n * 8))
        return k < 0 ? -errno : -EIO;
    for (size_t i = 0; i < n; i++)
        own[i] = entry[i] & PM_PRESENT ? !(entry[i] & PM_FILE)
                                       : (entry[i] & PM_SWAPPED) != 0;
    return 0;
}

/* Pages i to end of the window, which the part has at `addr`. What can't be
 * read though the process may lies behind the end of the file. */
static int copy(struct window *w, const struct ck_res_part *p, int mem,
                size_t i, size_t end, uint64_t addr)
{
    while (i < end) {
        ssize_t n = pread(mem, w->buf + i * PAGE, (end - i) * PAGE,
                          (off_t)addr);
        size_t done = n < (ssize_t)PAGE ? 0 : (size_t)n / PAGE;

        if (!done && (n >= 0 || !p->reads))
            return n < 0 ? -errno : -EIO;
        addr += done * PAGE;
        for (size_t k = i; k < (done ? i + done : end); k++) {
            w->wanted[k] = 0;
            w->got[k] = done > 0;
            w->missing--;
        }
        i = done ? i + done : end;
    }
    return 0;
}

/* Pages first to end as far as they are missing, and not skipped. */
static int take(struct window *w, const struct ck_res_part *p, size_t first,
                size_t end, uint64_t addr, const uint8_t *skip)
{
    int mem = open_of(p, "mem"), rc = mem < 0 ? mem : 0;
    size_t k;

    for (size_t i = first; !rc && i < end; i = k + 1) {
        for (k = i; k < end && w->wanted[k] && !skip[k - first];)
            k++;
        if (k > i)
            rc = copy(w, p, mem, i, k, addr + (i - first) * PAGE);
    }
    if (mem >= 0)
        close(mem);
    return rc;
}

/* Which pages of the window the part has mapped. */
static int range_of(const struct window *w, const struct ck_res_part *p,
                    size_t *first, size_t *end)
{
    uint64_t from = p->off > w->at ? p->off : w->at;
    uint64_t to = p->off + p->len;

    if (to > w->at + CK_RES_PIECE)
        to = w->at + CK_RES_PIECE;
    if (from >= to)
        return 0;
    *first = (from - w->at) / PAGE;
    *end = (to - w->at) / PAGE;
    return 1;
}

/* What one part shows of the window. all: also pages that are not the
 * object's. */
static int look(struct window *w, const struct ck_res_part *p, int all)
{
    uint8_t own[PAGES] = {0};
    size_t first, end;
    uint64_t addr;
    int rc = 0;

    if (!range_of(w, p, &first, &end))
        return 0;
    addr = p->addr + (w->at + first * PAGE - p->off);
    if (p->over && !all)
        rc = read_own(p, addr, end - first, own);
    return rc ? rc : take(w, p, first, end, addr, own);
}

static void begin(struct window *w, const struct ck_res_ofd *o, uint64_t pos)
{
    size_t first, end;

    memset(w->wanted, 0, sizeof(w->wanted));
    memset(w->got, 0, sizeof(w->got));
    w->missing = 0;
    w->at = pos - pos % CK_RES_PIECE;
    for (size_t i = 0; i < o->nparts; i++) {
        if (range_of(w, &o->part[i], &first, &end))
            memset(w->wanted + first, 1, end - first);
    }
    for (size_t i = 0; i < PAGES; i++)
        w->missing += w->wanted[i];
}

/* Pages of zeros at both ends of a run are left out. */
static int put_trimmed(struct ck_res_save *c, uint32_t id, uint64_t off,
                       const char *buf, size_t n)
{
    static const char zero[PAGE];

    while (n >= PAGE && !memcmp(buf + n - PAGE, zero, PAGE))
        n -= PAGE;
    while (n >= PAGE && !memcmp(buf, zero, PAGE)) {
        buf += PAGE;
        off += PAGE;
        n -= PAGE;
    }
    return n ? c->sink->write(c->sink, id, off, buf, n) : 0;
}

static int put_window(struct ck_res_save *c, const struct ck_res_ofd *o,
                      struct window *w, uint64_t *size)
{
    size_t first = PAGES, end = 0;

    for (size_t i = 0; i < PAGES; i++) {
        if (!w->got[i])
            continue;
        first = i < first ? i : first;
        end = i + 1;
    }
    if (!end)
        return 0;
    for (size_t i = first; i < end; i++) {
        if (!w->got[i])
            memset(w->buf + i * PAGE, 0, PAGE);
    }
    *size = w->at + end * PAGE;
    return put_trimmed(c, o->id, w->at + first * PAGE, w->buf + first * PAGE,
                       (end - first) * PAGE);
}

/* The first place from pos on that some part shows. */
static uint64_t next_of(const struct ck_res_ofd *o, uint64_t pos)
{
    uint64_t best = UINT64_MAX;

    for (size_t i = 0; i < o->nparts; i++) {
        const struct ck_res_part *p = &o->part[i];

        if (p->off + p->len > pos && p->off < best)
            best = p->off > pos ? p->off : pos;
    }
    return best;
}

int ck_res_mapped_read(struct ck_res_save *c, const struct ck_res_ofd *o,
                       uint64_t *size)
{
    struct window *w = malloc(sizeof(*w));
    uint64_t pos = 0;
    int rc = w ? 0 : -ENOMEM;

    while (!rc && (pos = next_of(o, pos)) != UINT64_MAX) {
        begin(w, o, pos);
        /* Who shares it first, then who may have pages of its own. */
        for (int over = 0; over < 3; over++)
            for (size_t i = 0; !rc && w->missing && i < o->nparts; i++)
                if (o->part[i].over == (over > 0))
                    rc = look(w, &o->part[i], over == 2);
        if (!rc)
            rc = put_window(c, o, w, size);
        pos = w->at + CK_RES_PIECE;
    }
    free(w);
    return rc;
}
