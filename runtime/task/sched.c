/*
 * sched.c - where, how urgently and with what rights each thread runs: cpus,
 * memory policy, scheduling policy, nice value, class of its input and
 * output, capabilities.
 *
 * Told and put back by each thread itself. The cpus that a thread had are
 * taken again where this place is as the old one; elsewhere a thread that had
 * bound itself to some of the cpus gets those that lib/image/places.h says,
 * and otherwise the surroundings decide. What is not allowed (a lower nice
 * value) is left as it is: it is no reason to end a program. Capabilities
 * that it had given up it gives up again.
 */
#include <string.h>
#include <sys/prctl.h>

#include "lib/image/places.h"
#include "lib/sys/syscall.h"
#include "runtime/runtime.h"
#include "runtime/thread.h"
#include "runtime/task/task.h"

#define IOPRIO_WHO_PROCESS 1
#define MEMS_ALLOWED 4            /* MPOL_F_MEMS_ALLOWED */
#define CAP_VERSION 0x20080522   /* _LINUX_CAPABILITY_VERSION_3 */
#define BITS (CK_CPUS / 64)

/* What this restart has moved. */
static struct {
    const struct ck_place_pair *pair;
    size_t n;
} places;

static void get(uint64_t *m)
{
    memset(m, 0, BITS * sizeof *m);
    if (sys3(SYS_sched_getaffinity, 0, BITS * sizeof *m, m) < 0)
        memset(m, 0, BITS * sizeof *m);
}

static int within(const uint64_t *a, const uint64_t *b)
{
    for (unsigned i = 0; i < BITS; i++)
        if (a[i] & ~b[i])
            return 0;
    return 1;
}

/* Nothing is asked for of what was not bound: the surroundings decide. */
static void bind_again(const uint64_t *had)
{
    uint64_t here[BITS], want[BITS];

    get(here);
    memcpy(want, had, sizeof want);
    if (places.n &&
        ck_places_move(places.pair, places.n, CK_PLACE_CPU, had, want))
        return;
    if (within(want, here))
        sys3(SYS_sched_setaffinity, 0, sizeof want, want);
}

static struct {
    uint32_t version;
    int32_t pid;
} cap_head = {CAP_VERSION, 0};

/* Nodes that are not here are left out; those of a policy without any other
 * are the surroundings' to choose. */
static void policy_again(const struct ck_slot *t)
{
    uint64_t nodes[CK_NODES / 64], want[CK_NODES / 64], here[CK_NODES / 64];
    int32_t mode = 0;

    memset(here, 0, sizeof here);
    memcpy(want, t->memnodes, sizeof want);
    if (places.n)
        ck_places_move(places.pair, places.n, CK_PLACE_NODE, t->memnodes,
                       want);
    if (sys5(SYS_get_mempolicy, &mode, nodes, CK_NODES, 0, 0) < 0 ||
        (mode == t->mempolicy && !memcmp(nodes, want, sizeof nodes)))
        return;
    if (sys5(SYS_get_mempolicy, NULL, here, CK_NODES, 0, MEMS_ALLOWED) < 0)
        return;
    for (unsigned i = 0; i < CK_NODES / 64; i++)
        want[i] &= here[i];
    sys3(SYS_set_mempolicy, t->mempolicy, want, CK_NODES);
}

static void give_up_again(const struct ck_slot *t)
{
    uint32_t have[6], want[6];

    if (sys2(SYS_capget, &cap_head, have) < 0)
        return;
    for (unsigned i = 0; i < 6; i++)
        want[i] = have[i] & t->caps[i];
    if (t->securebits > 0)
        sys2(SYS_prctl, PR_SET_SECUREBITS, t->securebits);
    if (memcmp(have, want, sizeof have) != 0)
        sys2(SYS_capset, &cap_head, want);
}

void ck_sched_tell(struct ck_slot *t)
{
    t->mempolicy = 0;
    if (sys5(SYS_get_mempolicy, &t->mempolicy, t->memnodes, CK_NODES, 0, 0) <
        0)
        t->mempolicy = 0;
    if (sys2(SYS_capget, &cap_head, t->caps) < 0)
        memset(t->caps, 0xff, sizeof t->caps);
    t->securebits = (int32_t)sys1(SYS_prctl, PR_GET_SECUREBITS);
    get(t->cpus);
    t->policy = (int32_t)sys1(SYS_sched_getscheduler, 0);
    t->rt_priority = 0;
    sys2(SYS_sched_getparam, 0, &t->rt_priority);
    t->nice = 20 - (int32_t)sys2(SYS_getpriority, 0, 0);
    t->ioprio = (int32_t)sys2(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
}

void ck_sched_become(const struct ck_slot *t)
{
    static const uint64_t none[BITS];

    if (memcmp(t->cpus, none, sizeof none) != 0)
        bind_again(t->cpus);
    if (t->policy >= 0 &&
        (t->policy || t->policy != sys1(SYS_sched_getscheduler, 0)))
        sys3(SYS_sched_setscheduler, 0, t->policy, &t->rt_priority);
    sys3(SYS_setpriority, 0, 0, t->nice);
    if (t->ioprio > 0)
        sys3(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, t->ioprio);
    policy_again(t);
    give_up_again(t);
}

int ck_sched_save(char *why, size_t cap)
{
    (void)why;
    (void)cap;
    return 0;
}

/* The threads become what they were in between. */
int ck_sched_restore(enum ck_stage stage, char *why, size_t cap)
{
    (void)why;
    (void)cap;
    if (stage == CK_STAGE_EARLY) {
        places.pair = ck_places_map(ck_rt.job_dir, ck_rt.tree, &places.n);
    } else {
        ck_places_unmap(places.pair, places.n);
        places.n = 0;
    }
    return 0;
}
