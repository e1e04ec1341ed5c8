/* places.c - see places.h. Part of guests: raw system calls only. */
#include "lib/image/places.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"

const struct ck_place_pair *ck_places_map(const char *job_dir,
                                          const char *tree, size_t *n)
{
    char path[1400];
    struct stat st;
    long fd, p = -1;

    *n = 0;
    if (ck_fmt(path, sizeof path, "%s/places.%s", job_dir, tree) < 0)
        return NULL;
    fd = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return NULL;
    if (sys2(SYS_fstat, fd, &st) == 0 && st.st_size > 0)
        *n = (size_t)st.st_size / sizeof(struct ck_place_pair);
    if (*n > CK_PLACES_MAX)
        *n = CK_PLACES_MAX;
    if (*n)
        p = sys6(SYS_mmap, NULL, *n * sizeof(struct ck_place_pair), PROT_READ,
                 MAP_PRIVATE, fd, 0);
    sys1(SYS_close, fd);
    if (*n && !sys_failed(p))
        return (const struct ck_place_pair *)p;
    *n = 0;
    return NULL;
}

void ck_places_unmap(const struct ck_place_pair *p, size_t n)
{
    if (p)
        sys2(SYS_munmap, p, n * sizeof *p);
}

static int is_set(const uint64_t *m, unsigned i)
{
    return m[i / 64] >> (i % 64) & 1;
}

int ck_places_move(const struct ck_place_pair *p, size_t n,
                   enum ck_place_kind kind, const uint64_t *from,
                   uint64_t *to)
{
    unsigned bits = kind == CK_PLACE_CPU ? CK_CPUS : CK_NODES;
    int all = 1;

    memset(to, 0, bits / 8);
    for (size_t i = 0; i < n; i++) {
        if (p[i].kind != kind || p[i].from >= bits || p[i].to >= bits)
            continue;
        if (is_set(from, p[i].from))
            to[p[i].to / 64] |= 1ull << (p[i].to % 64);
        else
            all = 0;
    }
    return all;
}
