/*
 * layout.c - can the memory of the tree's processes be put back?
 *
 * Asked of the images' indexes, before anything is started: whether areas and
 * shared memory fit together, whether this kernel lets a process have so many
 * areas and has the vdso that the programs know, and whether the files that
 * were mapped are there and are the same. The restorer (restart/blob) does
 * what is asked about here, and fails one by one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/image/sum.h"
#include "lib/image/sysvids.h"
#include "lib/res/shm.h"
#include "lib/proto/messages.h"
#include "restart/parts.h"

#define PAGE 4096u
#define OWN_AREAS 16 /* the restorer's own, at most */

/* A mapped file that was looked at; the texts are the first one's. */
struct seen {
    char *path;
    uint64_t size, fingerprint;
    uint32_t how;
};

struct look {
    struct ck_spawn *s;
    const struct ck_proc *p;
    struct seen *seen;
    size_t nseen, cap, last;
    uint64_t vdso, vdso_len; /* ours */
    uint64_t vdso_sum;
    unsigned long max_areas;
    uint64_t room; /* RLIMIT_AS */
};

static int why(struct look *l, int rc, const char *what, const char *which)
{
    return ck_spawn_found(l->s, ck_res_why(l->s->why, l->s->whycap, rc,
                                           "process %u (%s): %s%s",
                                           l->p->vpid, l->p->comm, which,
                                           what));
}

/* [vdso] as this process has it. */
static void find_vdso(struct look *l)
{
    FILE *f = fopen("/proc/self/maps", "re");
    char line[512];
    uint64_t from, to;

    while (f && fgets(line, sizeof(line), f)) {
        if (!strstr(line, "[vdso]") ||
            sscanf(line, "%lx-%lx", &from, &to) != 2)
            continue;
        l->vdso = from;
        l->vdso_len = to - from;
        l->vdso_sum = ck_sum64((const void *)from, l->vdso_len);
    }
    if (f)
        fclose(f);
}

static unsigned long max_areas(void)
{
    FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
    unsigned long n = 0;

    if (f && fscanf(f, "%lu", &n) != 1)
        n = 0;
    if (f)
        fclose(f);
    return n ? n : ~0ul;
}

/* ---- files ---- */

static int is_seen(struct look *l, const struct ck_area *a, uint32_t how)
{
    for (size_t k = 0; k < l->nseen; k++) {
        size_t i = (l->last + k) % l->nseen; /* mostly in the same order */
        const struct seen *f = &l->seen[i];

        if (f->size != a->file_size || f->fingerprint != a->fingerprint ||
            f->how != how || strcmp(f->path, a->path))
            continue;
        l->last = i;
        return 1;
    }
    return 0;
}

static int note(struct look *l, const struct ck_area *a, uint32_t how)
{
    if (l->nseen == l->cap) {
        size_t cap = l->cap * 2 + 32;
        struct seen *more = realloc(l->seen, cap * sizeof(*more));

        if (!more)
            return -ENOMEM;
        l->seen = more;
        l->cap = cap;
    }
    l->seen[l->nseen] = (struct seen){strdup(a->path), a->file_size,
                                      a->fingerprint, how};
    return l->seen[l->nseen].path ? (l->nseen++, 0) : -ENOMEM;
}

/* Has the tree it open for writing? */
static int is_written(const struct look *l, const struct ck_area *a)
{
    const struct ck_tree_image *m = &l->s->tree.img;

    for (size_t i = 0; i < m->nofd; i++) {
        if (ck_res_file_writes(&m->ofd[i], a->path))
            return 1;
    }
    return 0;
}

/* What may be written to may have changed since, and so may data; what is
 * executed may not (restart/blob/memory.c). What the program has open may have
 * grown, as what a compiler tells a profiler of its code does (before it was
 * looked at, or since): it is cut back before that. */
static int is_same(const struct look *l, const struct ck_area *a, int fd)
{
    int data = !(a->prot & PROT_EXEC);
    uint8_t first[PAGE];
    struct stat st;
    ssize_t n;

    if (fstat(fd, &st) < 0)
        return 0;
    if ((uint64_t)st.st_size != a->file_size &&
        (st.st_ino != a->ino ||
         !(data ? (uint64_t)st.st_size > a->file_size : is_written(l, a))))
        return 0;
    if (data && st.st_ino == a->ino)
        return 1;
    n = pread(fd, first, a->file_size < PAGE ? a->file_size : PAGE, 0);
    return n >= 0 && ck_sum64(first, (size_t)n) == a->fingerprint;
}

static int check_file(struct look *l, const struct ck_area *a)
{
    uint32_t maywrite = a->flags & CK_AF_MAYWRITE;
    uint32_t how = maywrite | (a->prot & PROT_EXEC);
    int fd, rc;

    if (l->s->trial || is_seen(l, a, how))
        return 0;
    rc = note(l, a, how);
    if (rc)
        return rc;
    fd = open(a->path, (maywrite ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0 && !strcmp(a->path, l->p->exe))
        return 0; /* told of programs already (prepare.c) */
    if (fd < 0)
        return why(l, -errno,
                   errno == ENOENT ? ", which it has mapped, is missing"
                                   : ", which it has mapped, can't be opened",
                   a->path);
    if (!maywrite && !is_same(l, a, fd))
        rc = why(l, -ESTALE, ", which the program has mapped, has been "
                             "replaced since the checkpoint", a->path);
    close(fd);
    return rc;
}

/* ---- areas ---- */

static int has_memory(const struct ck_spawn *s, const struct ck_area *a)
{
    const struct ck_tree_image *m = &s->tree.img;
    uint64_t dev, ino;

    for (size_t i = 0; i < m->nofd; i++) {
        if (!ck_res_mapped(&m->ofd[i], &dev, &ino) && dev == a->dev &&
            ino == a->ino)
            return 1;
    }
    return 0;
}

static int has_segment(const struct ck_spawn *s, const struct ck_area *a)
{
    const struct ck_tree_image *m = &s->tree.img;

    for (size_t i = 0; i < m->nsysv; i++) {
        if (m->sysv[i].kind == CK_SYSV_SHM &&
            (uint32_t)m->sysv[i].real == a->ino)
            return 1;
    }
    return 0;
}

static int check_area(struct look *l, const struct ck_area *a)
{
    switch (a->kind) {
    case CK_AREA_SHM:
    case CK_AREA_OVER:
        if (!has_memory(l->s, a))
            return why(l, -EBADMSG, " is mapped, and the image of the tree "
                       "has no such shared memory", a->path);
        return 0;
    case CK_AREA_SYSV:
        if (!has_segment(l->s, a))
            return why(l, -EBADMSG, " is attached, and the image of the tree "
                       "has no such segment", a->path);
        return 0;
    case CK_AREA_VDSO:
        if (l->vdso_len && a->end - a->start != l->vdso_len)
            return why(l, -ENOEXEC, "its vdso is of another kernel than this "
                       "node's: restart on a node with the same kernel", "");
        return 0;
    case CK_AREA_FILE:
    case CK_AREA_DEV:
        return check_file(l, a);
    default:
        return 0;
    }
}

static int check_process(struct look *l, const struct ck_process *p)
{
    if (!p->vdso_sum || !l->vdso || p->vdso_sum == l->vdso_sum)
        return 0;
    return why(l, -ENOEXEC, "the kernel of this node (its vdso) is not the "
               "one of the image: restart on a node with the same kernel",
               "");
}

static int check_sizes(struct look *l, unsigned long areas, uint64_t bytes)
{
    char text[160];

    if (areas + OWN_AREAS > l->max_areas) {
        snprintf(text, sizeof(text), "it has %lu areas of memory, too many "
                 "for vm.max_map_count (%lu)", areas, l->max_areas);
        return why(l, -E2BIG, text, "");
    }
    if (bytes > l->room) {
        snprintf(text, sizeof(text), "it has %llu MiB of address space, and "
                 "here the limit is %llu: raise it (ulimit -Hv)",
                 (unsigned long long)bytes >> 20,
                 (unsigned long long)l->room >> 20);
        return why(l, -ENOMEM, text, "");
    }
    return 0;
}

static int check_records(struct look *l, const struct ck_imgr *r)
{
    struct ck_rd at, body;
    struct ck_process p;
    struct ck_area a;
    unsigned long areas = 0;
    uint64_t bytes = 0, end = 0;
    uint16_t tag;
    int rc = 0, more;

    ck_imgr_records(r, &at);
    while (!rc && (more = ck_imgr_next(&at, &tag, &body)) > 0) {
        if (tag == CK_TAG_PROCESS) {
            rc = ck_process_get(&body, &p) ? -EBADMSG : check_process(l, &p);
        } else if (tag == CK_TAG_AREA) {
            if (ck_area_get(&body, &a) || a.start >= a.end || a.start < end)
                return why(l, -EBADMSG, "its areas of memory do not fit "
                                        "together", "");
            areas++;
            bytes += a.end - a.start;
            end = a.end;
            rc = check_area(l, &a);
        }
    }
    if (!rc)
        rc = more;
    return rc ? rc : check_sizes(l, areas, bytes);
}

static int check_image(struct look *l)
{
    char path[1600];
    struct ck_imgr r;
    void *index;
    int fd, rc;

    snprintf(path, sizeof(path), "%s/%s", l->s->opts->set_dir, l->p->image);
    fd = ck_restart_open_image(path, &r, &index, l->s->why, l->s->whycap);
    if (fd < 0)
        return ck_spawn_found(l->s, fd);
    rc = r.kind == CK_IMAGE_PROCESS
             ? check_records(l, &r)
             : why(l, -EBADMSG, " is no image of a process", l->p->image);
    close(fd);
    free(index);
    return rc;
}

int ck_spawn_layout(struct ck_spawn *s)
{
    struct look l = {.s = s, .max_areas = max_areas(), .room = RLIM_INFINITY};
    struct rlimit lim;
    int rc = 0;

    find_vdso(&l);
    if (!getrlimit(RLIMIT_AS, &lim))
        l.room = lim.rlim_max;
    for (size_t i = 0; !rc && i < s->tree.img.nproc; i++) {
        l.p = &s->tree.img.proc[i];
        if (l.p->kind == CK_KIND_SAVED)
            rc = check_image(&l);
    }
    for (size_t i = 0; i < l.nseen; i++)
        free(l.seen[i].path);
    free(l.seen);
    return rc;
}
