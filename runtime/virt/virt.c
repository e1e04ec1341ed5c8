/*
 * virt.c - process numbers as the program sees them.
 *
 * Loads the table of a restart (lib/image/pidtable.h) and answers lookups
 * from it. A lookup takes no lock and may be interrupted anywhere: a table
 * never changes once it is published, and it stays mapped until the table
 * after the next one is loaded, since a thread may have been stopped while it
 * was reading the older one. Raw system calls only: the agent thread and the
 * constructor call ck_virt_load(), wrappers call the rest in any context.
 * On failure the table that was loaded before stays in use.
 */
#include "runtime/interpose/wrap.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"

#define MAX_ENTRIES (1u << 22) /* as many as Linux has numbers */

/* One mapping: this, the entries, the index by real number. */
struct loaded {
    struct ck_pidtable table;
    size_t size; /* of the mapping */
    struct ck_pid_entry entry[];
};

CK_HIDDEN int ck_virt_active;
CK_HIDDEN __thread int ck_virt_busy;
CK_HIDDEN unsigned int ck_virt_loads;

static struct loaded *current, *previous;

/* The last answer about ourselves, keyed by the real number so that a fork
 * child or a vfork child never takes its parent's: real << 32 | virt. */
static uint64_t self;

static long map_anonymous(size_t size)
{
    return sys6(SYS_mmap, 0, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Entries must be in ascending order, each real number valid and used once
 * by whoever wrote them; numbers nobody has any more get a real number that
 * the kernel never gives, so that using them fails with ESRCH. */
static int check_entries(struct ck_pid_entry *e, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (e[i].virt <= 0 || (i && e[i].virt <= e[i - 1].virt))
            return -EINVAL;
        if (e[i].state == CK_PID_UNSET)
            e[i].real = INT_MAX - (int32_t)i;
        else if (e[i].real <= 0 || e[i].real >= CK_PID_STRIDE)
            return -EINVAL;
    }
    return 0;
}

static int read_table(int fd, struct loaded **out)
{
    struct ck_pidtable_file head;
    struct loaded *l;
    size_t bytes, size;
    long r = ck_read_all(fd, &head, sizeof(head));

    if (r < 0)
        return (int)r;
    if (head.magic != CK_PIDTABLE_MAGIC || head.count > MAX_ENTRIES ||
        head.spoke > MAX_ENTRIES)
        return -EINVAL;
    bytes = ((size_t)head.count + head.spoke) * sizeof(struct ck_pid_entry);
    size = sizeof(*l) + bytes + (size_t)head.count * sizeof(uint32_t);
    r = map_anonymous(size);
    if (sys_failed(r))
        return (int)r;
    l = (struct loaded *)r;
    l->size = size;
    r = ck_read_all(fd, l->entry, bytes);
    if (r >= 0)
        r = check_entries(l->entry, head.count);
    if (r < 0) {
        sys2(SYS_munmap, l, size);
        return (int)r;
    }
    ck_pidtable_init(&l->table, l->entry, head.count,
                     (uint32_t *)(void *)((char *)l->entry + bytes));
    l->table.spoke = head.spoke;
    *out = l;
    return 0;
}

int ck_virt_load(const char *path)
{
    struct loaded *fresh = NULL;

    if (path && *path) {
        long fd = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
        int r;

        if (sys_failed(fd))
            return (int)fd;
        r = read_table((int)fd, &fresh);
        sys1(SYS_close, fd);
        if (r < 0)
            return r;
    }
    if (previous)
        sys2(SYS_munmap, previous, previous->size);
    previous = current;
    __atomic_store_n(&current, fresh, __ATOMIC_RELEASE);
    ck_virt_forget_self();
    ck_virt_loads++;
    __atomic_store_n(&ck_virt_active, fresh && fresh->table.count,
                     __ATOMIC_RELEASE);
    return 0;
}

pid_t ck_virt_of(pid_t real)
{
    const struct loaded *l;
    uint64_t memo;
    pid_t virt;

    if (real <= 0)
        return real;
    memo = __atomic_load_n(&self, __ATOMIC_RELAXED);
    if ((pid_t)(memo >> 32) == real)
        return (pid_t)memo;
    l = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
    virt = ck_pid_virt(l ? &l->table : NULL, real);
    __atomic_store_n(&self, (uint64_t)(uint32_t)real << 32 | (uint32_t)virt,
                     __ATOMIC_RELAXED);
    return virt;
}

pid_t ck_real_of(pid_t virt)
{
    const struct loaded *l = __atomic_load_n(&current, __ATOMIC_ACQUIRE);

    return ck_pid_real(l ? &l->table : NULL, virt);
}

pid_t ck_virt_speaker(pid_t real)
{
    const struct loaded *l = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
    pid_t virt = ck_pid_spoke_for(l ? &l->table : NULL, real);

    if (virt && sys2(SYS_kill, real, 0) == -ESRCH)
        return virt;
    return ck_virt_of(real);
}

pid_t ck_virt_signed(pid_t real)
{
    return real < -1 ? -ck_virt_of(-real) : ck_virt_of(real);
}

pid_t ck_real_signed(pid_t virt)
{
    return virt < -1 && virt != INT_MIN ? -ck_real_of(-virt)
                                        : ck_real_of(virt);
}

void ck_virt_forget_self(void)
{
    __atomic_store_n(&self, 0, __ATOMIC_RELAXED);
}
