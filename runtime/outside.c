/*
 * outside.c - see outside.h. One slot for one program at a time: they are
 * rare. Nobody waits longer than LIMIT_MS, and what can't be told in that time
 * is not told: a checkpoint names it all the same.
 */
#include "runtime/outside.h"

#include "lib/proto/client.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/agent.h"
#include "runtime/proc.h"

#define LIMIT_MS 250
#define LOOK_MS 20

enum { FREE, BEGUN, FULL, TAKEN };

static struct {
    uint32_t state; /* a futex */
    pid_t pid;
    char path[512], why[128];
} slot;

static int change(uint32_t from, uint32_t to)
{
    if (!__atomic_compare_exchange_n(&slot.state, &from, to, 0,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return 0;
    ck_futex_wake(&slot.state, 1 << 30);
    return 1;
}

/* Until the slot is free. */
static int await(uint64_t end)
{
    uint32_t now;

    while ((now = __atomic_load_n(&slot.state, __ATOMIC_ACQUIRE)) != FREE) {
        if (ck_now_us() > end || ck_agent_alone())
            return 0;
        ck_futex_wait(&slot.state, now, LOOK_MS);
    }
    return 1;
}

void ck_outside_tell(pid_t pid, const char *path, const char *why)
{
    uint64_t end = ck_now_us() + LIMIT_MS * 1000;

    while (!change(FREE, BEGUN))
        if (!await(end)) { /* whose it was may have been killed */
            __atomic_store_n(&slot.state, FREE, __ATOMIC_RELEASE);
            return;
        }
    slot.pid = pid;
    ck_fmt(slot.path, sizeof slot.path, "%s", path);
    ck_fmt(slot.why, sizeof slot.why, "%s", why);
    change(BEGUN, FULL);
    ck_agent_ring();
    if (!await(end))
        change(FULL, FREE);
}

void ck_outside_send(int fd)
{
    static uint8_t buf[sizeof slot + 64];
    struct ck_msg_outside m = {.path = slot.path, .why = slot.why};

    if (__atomic_load_n(&slot.state, __ATOMIC_ACQUIRE) != FULL ||
        !change(FULL, TAKEN))
        return;
    m.pid = (uint32_t)slot.pid;
    CK_CLIENT_SEND(fd, buf, sizeof buf, outside, OUTSIDE, &m);
    change(TAKEN, FREE);
}

void ck_outside_forget(void)
{
    slot.state = FREE;
}
