/*
 * areas.c - reads /proc/self/smaps into a list, and refuses by name what
 * can't be saved: devices, files of the kernel.
 *
 * Memory that is shared (lib/image/mapped.h; System V) is only listed: its
 * contents are saved once, by who looks at the whole tree.
 *
 * smaps and not maps, because only VmFlags tells what fork will not copy,
 * what grows down, and what madvise has said (lib/image/vmflags.c).
 */
#include "runtime/mem/areas.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/image/mapped.h"
#include "lib/image/vmflags.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/thread.h"

int ck_work_open(struct ck_work *w, size_t size)
{
    long p;

    size = (size + 4095) & ~(size_t)4095;
    p = sys6(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (sys_failed(p))
        return (int)p;
    /* Keeps the kernel from merging it with a neighbour of the program's. */
    sys3(SYS_madvise, p, size, MADV_DONTDUMP);
    w->base = (uint8_t *)p;
    w->size = w->top = size;
    w->used = 0;
    w->skip = 0;
    return 0;
}

void ck_work_close(struct ck_work *w)
{
    if (w->base)
        sys2(SYS_munmap, w->base, w->size);
    w->base = NULL;
}

void *ck_work_alloc(struct ck_work *w, size_t n)
{
    void *p = w->base + w->used;

    n = (n + 15) & ~(size_t)15;
    if (n > w->top - w->used)
        return NULL;
    w->used += n;
    return p;
}

struct lines {
    long fd;
    size_t len, pos;
    char buf[16384];
};

/* The next line without its newline, or NULL. Lines of smaps are shorter
 * than the buffer (a path has at most 4096 bytes). */
static char *next_line(struct lines *l)
{
    for (;;) {
        char *nl = memchr(l->buf + l->pos, '\n', l->len - l->pos);
        long n;

        if (nl) {
            char *line = l->buf + l->pos;

            *nl = '\0';
            l->pos = (size_t)(nl + 1 - l->buf);
            return line;
        }
        memmove(l->buf, l->buf + l->pos, l->len - l->pos);
        l->len -= l->pos;
        l->pos = 0;
        n = sys3(SYS_read, l->fd, l->buf + l->len, sizeof l->buf - l->len);
        if (n <= 0)
            return NULL;
        l->len += (size_t)n;
    }
}

static int anonymous(const char *p)
{
    return !*p || ck_starts(p, "[anon:") || ck_starts(p, "[heap]") ||
           ck_starts(p, "[stack");
}

#define HUGE \
    "a file of huge pages can't be saved; use one without MFD_HUGETLB, or " \
    "anonymous memory"

/* What a mapping is refused for, or NULL; sets a->kind. */
static const char *classify(struct ck_marea *a, int shared)
{
    const char *p = a->path;
    int writes = (a->prot & PROT_WRITE) != 0;

    a->kind = CK_AREA_ANON;
    if (shared && a->flags & CK_AF_HUGETLB && !ck_starts(p, "/anon_hugepage"))
        return HUGE;
    if (ck_starts(p, "/[aio]"))
        return "a context of kernel AIO (io_setup) can't be saved: "
               "io_destroy it before";
    if (shared && ck_mapped_object(p, writes)) {
        a->kind = CK_AREA_SHM;
    } else if (anonymous(p)) {
        a->flags |= ck_starts(p, "[heap]") ? CK_AF_HEAP : 0u;
        a->flags |= ck_starts(p, "[stack]") ? CK_AF_STACK : 0u;
    } else if (ck_starts(p, "[vdso]")) {
        a->kind = CK_AREA_VDSO;
    } else if (ck_starts(p, "[vvar")) {
        a->kind = CK_AREA_VVAR;
    } else if (*p == '[') {
        a->kind = 0; /* [vsyscall], [uprobes]: the kernel's own */
    } else if (ck_starts(p, "/SYSV")) {
        a->kind = CK_AREA_SYSV;
        return shared ? NULL : "a private mapping of a System V segment can't "
                               "be saved";
    } else if (ck_starts(p, "anon_inode:")) {
        return "a mapping of a kernel object can't be saved";
    } else if (a->flags & CK_AF_HUGETLB) {
        /* Ordinary memory afterwards, which the kernel may make huge. */
        a->whole = 1;
        a->flags |= CK_AF_HUGEPAGE;
        return ck_starts(p, "/anon_hugepage") ? NULL : HUGE;
    } else if (!shared && ck_mapped_below(p)) {
        a->kind = CK_AREA_OVER;
    } else if (ck_starts(p, "/dev/zero")) {
        return shared ? "a shared mapping of /dev/zero can't be saved" : NULL;
    } else if (ck_starts(p, "/dev/")) {
        return "a device mapping can't be saved";
    } else if (shared && writes) {
        return "a shared mapping of a file of the kernel can't be saved";
    } else {
        a->kind = shared ? CK_AREA_DEV : CK_AREA_FILE;
    }
    return NULL;
}

/* Strings go to the top of the working memory, areas to the bottom. */
static const void *keep(struct ck_mareas *m, struct ck_work *w,
                        const void *s, size_t n)
{
    if (n > w->top - w->used)
        return NULL;
    w->top -= n;
    memcpy(w->base + w->top, s, n);
    m->path_bytes += n;
    return w->base + w->top;
}

static int add(struct ck_mareas *m, struct ck_work *w, const char *line)
{
    struct ck_marea *a = ck_work_alloc(w, sizeof *a);
    const char *p = line;

    if (!a)
        return -ENOMEM;
    if (!m->n)
        m->a = a;
    memset(a, 0, sizeof *a);
    a->start = ck_parse_u64(&p, 16);
    p++;
    a->end = ck_parse_u64(&p, 16);
    if (strlen(p) < 6)
        return -EPROTO;
    a->prot = (uint8_t)((p[1] == 'r' ? PROT_READ : 0) |
                        (p[2] == 'w' ? PROT_WRITE : 0) |
                        (p[3] == 'x' ? PROT_EXEC : 0));
    a->early = p[4] == 's'; /* means shared until finish_area */
    p += 6;
    a->pgoff = ck_parse_u64(&p, 16);
    p++;
    a->dev = ck_parse_u64(&p, 16) << 20;
    p++;
    a->dev |= ck_parse_u64(&p, 16);
    p++;
    a->ino = ck_parse_u64(&p, 10);
    while (*p == ' ')
        p++;
    a->path = keep(m, w, p, strlen(p) + 1);
    if (!a->path)
        return -ENOMEM;
    m->n++;
    return 0;
}

static int add_policy(struct ck_mareas *m, struct ck_work *w,
                      struct ck_marea *a)
{
    static uint8_t policy[CK_POLICY_MAX];
    size_t n = ck_policy_of(a->start, policy);

    a->policy = n ? keep(m, w, policy, n) : NULL;
    a->policy_len = (uint16_t)n;
    return n && !a->policy ? -ENOMEM : 0;
}

/* VmFlags is an area's last line: now everything is known of it. */
static int finish_area(struct ck_mareas *m, struct ck_work *w,
                       const char *flags, char *why, size_t cap)
{
    struct ck_marea *a = &m->a[m->n - 1];
    uint64_t base = (uint64_t)(uintptr_t)w->base;
    int shared = a->early;
    const char *refusal = ck_vmflags_read(flags, *a->path == '[', &a->flags);
    const char *kind = classify(a, shared);

    a->early = 0;
    refusal = kind ? kind : refusal;
    if (!refusal && m->key && a->prot != PROT_EXEC)
        refusal = "memory with a protection key (pkey_mprotect) can't be saved";
    if (!shared)
        a->flags &= ~(uint32_t)CK_AF_MAYWRITE;
    if (a->start < base + w->size && a->end > base) {
        m->lock = a->flags & (CK_AF_LOCKED | CK_AF_ONFAULT);
        a->kind = 0;
        return a->start >= base && a->end <= base + w->size ? 0 : -EBUSY;
    }
    if (w->skip && a->start == w->skip) {
        a->kind = a->early = 0;
        return 0;
    }
    if (refusal) {
        ck_fmt(why, cap, "mapping %lx-%lx of %s: %s", a->start, a->end,
               a->path, refusal);
        return -EOPNOTSUPP;
    }
    if (a->flags & CK_AF_DROPPABLE)
        a->resident = 0;
    else if (a->flags & (CK_AF_DONTFORK | CK_AF_WIPEONFORK))
        a->early = 1;
    if (ck_area_saved(a->kind))
        m->resident += a->whole ? a->end - a->start : a->resident;
    return a->kind ? add_policy(m, w, a) : 0;
}

static int read_line(struct ck_mareas *m, struct ck_work *w, char *line,
                     char *why, size_t cap)
{
    const char *v = line;

    /* An area begins with a lower-case hex digit, its keys with a capital. */
    if (*line < 'A' || *line > 'Z') {
        m->key = 0;
        return add(m, w, line);
    }
    if (!m->n)
        return -EPROTO;
    if (ck_starts(line, "Rss:") || ck_starts(line, "Swap:")) {
        while (*v && (*v < '0' || *v > '9'))
            v++;
        m->a[m->n - 1].resident += ck_parse_u64(&v, 10) * 1024;
    } else if (ck_starts(line, "ProtectionKey:")) {
        for (v += 14; *v == ' ';)
            v++;
        m->key = (uint32_t)ck_parse_u64(&v, 10);
    } else if (ck_starts(line, "VmFlags:")) {
        return finish_area(m, w, line + 8, why, cap);
    }
    return 0;
}

int ck_areas_read(struct ck_mareas *m, struct ck_work *w, char *why,
                  size_t cap)
{
    static struct lines l;
    char *line;
    int r = 0;

    memset(m, 0, sizeof *m);
    l.len = l.pos = 0;
    l.fd = sys4(SYS_openat, AT_FDCWD, "/proc/thread-self/smaps",
                O_RDONLY | O_CLOEXEC, 0);
    if (l.fd < 0) {
        ck_fmt(why, cap, "/proc/thread-self/smaps can't be read (error %ld)",
               -l.fd);
        return (int)l.fd;
    }
    while (!r && (line = next_line(&l)))
        r = read_line(m, w, line, why, cap);
    sys1(SYS_close, l.fd);
    if (r && r != -EOPNOTSUPP)
        ck_fmt(why, cap, "the list of %u memory areas can't be read "
               "(error %d)", m->n, -r);
    return r;
}
