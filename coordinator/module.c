/*
 * module.c - loads the one part that is linked with libslurm. A file of its
 * own, so that tests can put another Slurm in its place.
 */
#include <dlfcn.h>
#include <errno.h>

#include "coordinator/allocation.h"
#include "lib/base/paths.h"

const struct ck_slurm_ops *ck_slurm_module(struct ck_err *e)
{
    const struct ck_slurm_ops *ops;
    struct ck_paths paths;
    void *lib;

    if (ck_paths_self(&paths, e) < 0)
        return NULL;
    lib = dlopen(paths.slurm, RTLD_NOW | RTLD_LOCAL);
    if (!lib) {
        ck_err(e, -ENOENT, "cannot load %s: %s", paths.slurm, dlerror());
        return NULL;
    }
    ops = dlsym(lib, CK_SLURM_SYMBOL);
    if (!ops || ops->version != CK_SLURM_API_VERSION) {
        ck_err(e, -EPROTO, "%s is not of this version", paths.slurm);
        return NULL;
    }
    return ops;
}
