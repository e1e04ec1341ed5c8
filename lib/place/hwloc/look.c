/*
 * look.c - asks hwloc what this machine is like; the module ckpt-place.so.
 *
 * All of the machine is looked at, not only what a cgroup leaves of it: the
 * numbers of cores are to be those of the machine. The caches of single cores
 * are left out, which makes it faster. hwloc's own environment variables
 * count, but for descriptions of other machines (HWLOC_XMLFILE without
 * HWLOC_THISSYSTEM).
 */
#include <errno.h>
#include <hwloc.h>

#include "lib/place/place.h"

static uint16_t number(const struct hwloc_obj *o)
{
    return o && o->logical_index < CK_PLACE_NONE
               ? (uint16_t)o->logical_index
               : CK_PLACE_NONE;
}

/* The first one: where there are fast and large ones, hwloc lists the common
 * kind first. */
static uint16_t node_of(hwloc_topology_t t, unsigned cpu)
{
    hwloc_obj_t o = NULL;

    while ((o = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_NUMANODE, o))) {
        if (hwloc_bitmap_isset(o->cpuset, cpu) && o->os_index < CK_NODES)
            return (uint16_t)o->os_index;
    }
    return CK_PLACE_NONE;
}

static void collect(hwloc_topology_t t, const uint64_t *cpus,
                    struct ck_place *p)
{
    hwloc_obj_t o = NULL;

    while ((o = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_PU, o))) {
        unsigned id = o->os_index;

        if (id >= CK_CPUS || !(cpus[id / 64] >> (id % 64) & 1) ||
            p->ncpu == CK_CPUS)
            continue;
        p->cpu[p->ncpu++] = (struct ck_place_cpu){
            .id = (uint16_t)id,
            .core = number(
                hwloc_get_ancestor_obj_by_type(t, HWLOC_OBJ_CORE, o)),
            .package = number(
                hwloc_get_ancestor_obj_by_type(t, HWLOC_OBJ_PACKAGE, o)),
            .node = node_of(t, id),
        };
    }
    while ((o = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_NUMANODE, o))) {
        if (o->os_index < CK_NODES && p->nnode < CK_NODES)
            p->node[p->nnode++] = (uint16_t)o->os_index;
    }
}

static int look(const uint64_t *cpus, struct ck_place *p)
{
    unsigned long flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED;
    hwloc_topology_t t;
    int rc = 0;

#if HWLOC_API_VERSION >= 0x00020500
    flags |= HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING;
#endif
    p->ncpu = p->nnode = 0;
    if (hwloc_topology_init(&t) < 0)
        return -errno;
    hwloc_topology_set_cache_types_filter(t, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_icache_types_filter(t, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_type_filter(t, HWLOC_OBJ_L3CACHE,
                                   HWLOC_TYPE_FILTER_KEEP_ALL);
    if (hwloc_topology_set_flags(t, flags) < 0 || hwloc_topology_load(t) < 0)
        rc = -errno;
    else if (!hwloc_topology_is_thissystem(t))
        rc = -ENOTSUP;
    else
        collect(t, cpus, p);
    hwloc_topology_destroy(t);
    return rc;
}

__attribute__((visibility("default"))) extern const struct ck_place_ops
    ck_place_ops;
const struct ck_place_ops ck_place_ops = {CK_PLACE_API_VERSION, look};
