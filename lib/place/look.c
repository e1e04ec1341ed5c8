/* look.c - the cpus of some processes, and the module that knows more. */
#include "lib/place/place.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "lib/base/paths.h"

#define WORDS (CK_CPUS / 64)

static void add_cpus(pid_t pid, uint64_t *all)
{
    uint64_t has[WORDS] = {0};

    if (sched_getaffinity(pid, sizeof(has), (cpu_set_t *)has) < 0)
        return; /* it has ended */
    for (size_t i = 0; i < WORDS; i++)
        all[i] |= has[i];
}

int ck_place_look(const pid_t *pid, size_t n, struct ck_place *p)
{
    const struct ck_place_ops *ops = NULL;
    uint64_t cpus[WORDS] = {0};
    struct ck_paths paths;
    struct ck_err e;
    void *lib;
    int rc;

    memset(p, 0, sizeof(*p));
    if (ck_paths_self(&paths, &e) < 0)
        return -ENOENT;
    lib = dlopen(paths.place, RTLD_NOW | RTLD_LOCAL);
    if (lib)
        ops = dlsym(lib, CK_PLACE_SYMBOL);
    if (!ops || ops->version != CK_PLACE_API_VERSION) {
        if (lib)
            dlclose(lib);
        return -ENOENT;
    }
    add_cpus(0, cpus);
    for (size_t i = 0; i < n; i++)
        add_cpus(pid[i], cpus);
    rc = ops->look(cpus, p);
    dlclose(lib);
    return rc;
}
