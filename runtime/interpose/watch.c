/*
 * watch.c - inotify_add_watch: notes the path.
 *
 * This is one of the few books that are kept: the kernel tells of a watch the
 * inode only, and there is no way from an inode to a path without privilege.
 * So every path is noted, before the kernel is asked, and whether it leads to
 * something that is watched is tried at a checkpoint. That makes the book
 * simple: no numbers, no removal, each path once. It has a fixed size, and an
 * older path makes room for a new one; a watch whose path was lost like that
 * is refused by name.
 *
 * No lock: a slot is taken by compare and swap, and one that is being written
 * is passed over.
 */
#include "runtime/interpose/wrap.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/image/watched.h"
#include "lib/sys/ours.h"
#include "runtime/input.h"
#include "runtime/interpose/peek.h"
#include "runtime/interpose/watch.h"

#define TRIES 64
#define BYTES (CK_WATCHED_SLOTS * sizeof(struct ck_watched_slot))

static struct ck_watched_head head;
static uint32_t lost; /* how many paths have made room */

void ck_watched_publish(void)
{
    head.list = (uint64_t)(uintptr_t)&head.list;
    head.magic = CK_WATCHED_MAGIC;
    head.notified = (uint64_t)(uintptr_t)ck_notified;
    head.inputs = (uint64_t)(uintptr_t)ck_inputs;
    sys2(SYS_set_robust_list, &head, sizeof(struct robust_list_head));
}

int ck_watched_ours(int32_t tid)
{
    void *at = NULL;
    size_t len;

    return ck_ours(tid) ||
           (sys3(SYS_get_robust_list, tid, &at, &len) == 0 && at == &head);
}

static struct ck_watched_slot *slots(void)
{
    uint64_t now = __atomic_load_n(&head.slots, __ATOMIC_ACQUIRE), none = 0;
    long p;

    if (now)
        return (struct ck_watched_slot *)(uintptr_t)now;
    p = sys6(SYS_mmap, 0, BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (sys_failed(p))
        return NULL;
    if (__atomic_compare_exchange_n(&head.slots, &none, (uint64_t)p, 0,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return (struct ck_watched_slot *)p;
    sys2(SYS_munmap, p, BYTES);
    return (struct ck_watched_slot *)(uintptr_t)none;
}

/* Takes a slot in this state and writes the path. */
static int put(struct ck_watched_slot *s, uint32_t state, const char *path,
               size_t len)
{
    if (!__atomic_compare_exchange_n(&s->state, &state, CK_WATCHED_BUSY, 0,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return 0;
    memcpy(s->path, path, len + 1);
    __atomic_store_n(&s->state, CK_WATCHED_FULL, __ATOMIC_RELEASE);
    return 1;
}

static void note(const char *path, size_t len)
{
    struct ck_watched_slot *s = slots();
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)path[i]) * 16777619u;
    for (uint32_t i = 0; s && i < TRIES; i++) {
        struct ck_watched_slot *t = &s[(hash + i) % CK_WATCHED_SLOTS];
        uint32_t state = __atomic_load_n(&t->state, __ATOMIC_ACQUIRE);

        if (state == CK_WATCHED_FULL && !strcmp(t->path, path))
            return;
        if (state == CK_WATCHED_FREE && put(t, state, path, len))
            return;
    }
    if (s)
        put(&s[(hash + __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED) %
                           TRIES) % CK_WATCHED_SLOTS],
            CK_WATCHED_FULL, path, len);
}

/* A path that is too long is not noted, nor one that can't be read. */
void ck_watched_note(const char *path)
{
    struct ck_look l = {NULL, NULL};
    long len = ck_look_string(&l, path, CK_WATCHED_LEN), n = 0;
    char buf[CK_WATCHED_LEN];

    if (len > 0 && *path != '/') {
        n = sys2(SYS_getcwd, buf, sizeof(buf)); /* counts the NUL */
        if (n <= 0 || *buf != '/')
            return;
        buf[n - 1] = '/';
    }
    if (len <= 0 || (size_t)(n + len) >= sizeof(buf))
        return;
    memcpy(buf + n, path, (size_t)len + 1);
    note(buf, (size_t)(n + len));
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    if (ck_rt.enabled)
        ck_watched_note(path);
    return REAL(inotify_add_watch)(fd, path, mask);
}
