/*
 * real.c - the libc functions behind the wrappers.
 *
 * dlsym(RTLD_NEXT) finds each one; the constructor does it for all, so that
 * no lookup (which takes the loader's lock) happens in a signal handler or a
 * vfork child. A wrapper that runs before, in another library's constructor,
 * looks up its own function only: no state is shared between two lookups,
 * so one that is entered again by the loader or malloc cannot deadlock.
 * On failure (an older libc): the call fails with ENOSYS.
 *
 * Before glibc 2.36 dlsym(RTLD_NEXT) finds the oldest version of a function
 * and not the one that programs are linked with (glibc bug 14932). Where the
 * oldest, GLIBC_2.2.5, is another function, the version is asked for.
 */
#include "runtime/interpose/wrap.h"

#include <dlfcn.h>
#include <string.h>

CK_HIDDEN struct ck_real ck_real;

#define CK_FN(ret, name, args, class) #name,
#define CK_AS(name, of)
static const char *const names[] = {
#include "runtime/interpose/wrappers.def"
};
#undef CK_FN
#undef CK_AS

#define NAMES (sizeof(names) / sizeof(names[0]))
_Static_assert(sizeof(ck_real) == NAMES * sizeof(void *),
               "struct ck_real is one pointer per name");

static const struct {
    const char *name, *version;
} newer[] = {
    {"posix_spawn", "GLIBC_2.15"},
    {"posix_spawnp", "GLIBC_2.15"},
    {"timer_create", "GLIBC_2.34"},
};

static void *find(const char *name)
{
    void *p = NULL;

    for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
        if (!strcmp(name, newer[i].name))
            p = dlvsym(RTLD_NEXT, name, newer[i].version);
    return p ? p : dlsym(RTLD_NEXT, name);
}

static long missing(void)
{
    errno = ENOSYS;
    return -1;
}

void *ck_real_find(size_t offset)
{
    void **slot = (void **)(void *)((char *)&ck_real + offset);
    int saved = errno;
    void *p = find(names[offset / sizeof(void *)]);

    if (!p) {
        dlerror(); /* the program's next dlerror() is not about this */
        p = (void *)missing;
    }
    __atomic_store_n(slot, p, __ATOMIC_RELEASE);
    errno = saved;
    return p;
}

void ck_real_init(void)
{
    void **slot = (void **)(void *)&ck_real;

    for (size_t i = 0; i < NAMES; i++)
        if (!slot[i])
            ck_real_find(i * sizeof(void *));
}
