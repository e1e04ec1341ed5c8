/*
 * real.c - the functions behind the wrappers.
 *
 * Other libraries may stand between the program and libc: preloads behind
 * ours, libraries that the program is linked with (UCX, Darshan). What the
 * program calls reaches them through us (REAL), by dlsym(RTLD_NEXT), where
 * nothing but arguments of the program's goes through. Where numbers go
 * through, libc's own function is called: such a library may make the system
 * call by syscall(), and that is ours again, which would translate a number
 * for the second time. Before the runtime is on, and where it stays off,
 * nothing is translated, and all are called. A new process's number is the
 * same however often it is translated.
 *
 * Nothing else that we call is to be theirs: a function of theirs may come
 * back to us by another name, for ever. So each wrapper calls REAL by its own
 * name only, for other needs libc's function (LIBC) or the kernel, and
 * syscall() the kernel only. libc's functions are looked up in libc.so.6
 * itself (symbol.c), and called through these tables, not through our
 * relocation table, in which UCX puts functions of its own.
 *
 * The constructor looks for all, so that no lookup (which takes the loader's
 * lock) happens in a signal handler or a vfork child. A wrapper that runs
 * before, in another library's constructor, looks up its own function only:
 * no state is shared between two lookups, so one that is entered again by the
 * loader or malloc cannot deadlock. On failure (an older libc): the call
 * fails with ENOSYS.
 *
 * Before glibc 2.36 dlsym(RTLD_NEXT) finds the oldest version of a function
 * and not the one that programs are linked with (glibc bug 14932). Where the
 * oldest, GLIBC_2.2.5, is another function, the version is asked for.
 */
#include "runtime/interpose/wrap.h"

#include <dlfcn.h>
#include <string.h>

CK_HIDDEN struct ck_real ck_real;
CK_HIDDEN struct ck_libc ck_libc;

/* Once the runtime is on: libc's own function by class? */
enum {
    OWN_ID = 1,
    OWN_WAIT = 1,
    OWN_SIG = 1,
    OWN_IPC = 1,
    OWN_MISC = 1,
    OWN_MAKE = 0,
    OWN_EXEC = 0,
    OWN_TIME = 0,
    OWN_PATH = 0,
    OWN_NOTE = 0,
    OWN_CPU = 0,
    OWN_LOCK = 0,
    OWN_LOOK = 0,
    OWN_END = 0,
    OWN_OPT = 0,
};

#define CK_FN(ret, name, args, class) {#name, OWN_##class},
#define CK_AS(name, of)
#define CK_USED(ret, name, args) {#name, 0},
static const struct {
    const char *name;
    int own;
} names[] = {
#include "runtime/interpose/wrappers.def"
};
#undef CK_FN
#undef CK_AS
#undef CK_USED

#define SLOTS(table) (sizeof(table) / sizeof(void *))
_Static_assert(SLOTS(ck_libc) == sizeof names / sizeof names[0],
               "struct ck_libc is one pointer per name");

static const struct {
    const char *name, *version;
} newer[] = {
    {"posix_spawn", "GLIBC_2.15"},
    {"pthread_cond_timedwait", "GLIBC_2.3.2"},
    {"pthread_cond_wait", "GLIBC_2.3.2"},
    {"posix_spawnp", "GLIBC_2.15"},
    {"timer_create", "GLIBC_2.34"},
};

static void *next(const char *name)
{
    void *p = NULL;

    for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
        if (!strcmp(name, newer[i].name))
            p = LIBC(dlvsym)(RTLD_NEXT, name, newer[i].version);
    return p ? p : LIBC(dlsym)(RTLD_NEXT, name);
}

static long missing(void)
{
    errno = ENOSYS;
    return -1;
}

static void *put(void **slot, void *p)
{
    if (!p)
        p = (void *)missing;
    __atomic_store_n(slot, p, __ATOMIC_RELEASE);
    return p;
}

void *ck_libc_find(size_t offset)
{
    return put((void **)(void *)((char *)&ck_libc + offset),
               ck_libc_symbol(names[offset / sizeof(void *)].name));
}

void *ck_real_find(size_t offset)
{
    const char *name = names[offset / sizeof(void *)].name;
    int saved = errno;
    void *p = next(name);

    if (!p) {
        LIBC(dlerror)(); /* the program's next dlerror() is not about this */
        p = ck_libc_symbol(name);
    }
    p = put((void **)(void *)((char *)&ck_real + offset), p);
    errno = saved;
    return p;
}

void ck_real_init(void)
{
    void **real = (void **)(void *)&ck_real;
    void **libc = (void **)(void *)&ck_libc;

    for (size_t i = 0; i < SLOTS(ck_real); i++)
        if (!real[i])
            ck_real_find(i * sizeof(void *));
    for (size_t i = 0; i < SLOTS(ck_libc); i++)
        if (!libc[i])
            ck_libc_find(i * sizeof(void *));
}

void ck_real_own(void)
{
    void **real = (void **)(void *)&ck_real;
    void **libc = (void **)(void *)&ck_libc;

    for (size_t i = 0; i < SLOTS(ck_real); i++)
        if (names[i].own)
            __atomic_store_n(&real[i], libc[i], __ATOMIC_RELEASE);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* sigset */
#define CK_FN(ret, name, args, class) (void *)name,
#define CK_AS(name, of)
#define CK_USED(ret, name, args)
static void *const ours[] = {
#include "runtime/interpose/wrappers.def"
};
#undef CK_FN
#undef CK_AS
#undef CK_USED
_Static_assert(SLOTS(ck_real) == sizeof ours / sizeof ours[0],
               "struct ck_real is one pointer per wrapper");

void *ck_real_ours(void *found)
{
    void **real = (void **)(void *)&ck_real;
    void **libc = (void **)(void *)&ck_libc;

    for (size_t i = 0; found && i < SLOTS(ck_real); i++) {
        size_t offset = i * sizeof(void *);

        if (found != (libc[i] ? libc[i] : ck_libc_find(offset)))
            continue;
        return found == (real[i] ? real[i] : ck_real_find(offset)) ? ours[i]
                                                                   : found;
    }
    return found;
}
