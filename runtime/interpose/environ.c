/*
 * environ.c - the environment that a new program of the computation needs.
 *
 * Four entries belong to us: LD_PRELOAD (our library in front of the
 * program's own ones), CKPT_DIR, CKPT_TREE and CKPT_STDIO. A program that
 * clears or rebuilds its environment does not lose them: the exec wrappers
 * put them back. One environment is left alone: CKPT_DIR is another than
 * ours (or empty: "without checkpoints") and CKPT_TREE is missing; somebody
 * starts another computation there. With CKPT_TREE it is only an older copy
 * of ours, from before a restart. A process that has left for other
 * namespaces takes ours out instead.
 *
 * Usable in a vfork child: no allocation but the caller's stack, or a
 * mapping where the environment is very large. One that can't be read is left
 * to the kernel, which says so.
 */
#include "runtime/interpose/environ.h"
#include "runtime/interpose/peek.h"
#include "runtime/interpose/wrap.h"

#include <string.h>
#include <sys/mman.h>

#define LIBRARY "libckpt.so"
#define LONGEST (128u << 10) /* entry that the kernel takes */
#define PRELOAD "LD_PRELOAD="

enum { E_PRELOAD, E_DIR, E_TREE, E_STDIO, E_COUNT };

struct scan {
    size_t n;
    int unreadable;
    const char *have[E_COUNT]; /* the entries of the program */
};

/* Which of the four an entry is, or E_COUNT. */
static int which(const char *s)
{
    if (s[0] == 'L')
        return strncmp(s, PRELOAD, sizeof(PRELOAD) - 1) ? E_COUNT : E_PRELOAD;
    if (s[0] != 'C' || strncmp(s, "CKPT_", 5))
        return E_COUNT;
    if (!strncmp(s + 5, "DIR=", 4))
        return E_DIR;
    if (!strncmp(s + 5, "TREE=", 5))
        return E_TREE;
    return strncmp(s + 5, "STDIO=", 6) ? E_COUNT : E_STDIO;
}

/* "": the entry is not to be there. */
static const char *ours(int e)
{
    switch (ck_rt.left ? E_COUNT : e) {
    case E_PRELOAD:
        return ck_rt.preload;
    case E_DIR:
        return ck_rt.env_dir;
    case E_TREE:
        return ck_rt.env_tree;
    case E_STDIO:
        return ck_rt.env_stdio;
    default:
        return "";
    }
}

static struct scan scan(char *const envp[])
{
    struct ck_look list = {NULL, NULL}, text = {NULL, NULL};
    struct scan s = {0};

    for (; envp; s.n++) {
        const char *entry;
        int e;

        if (!ck_look(&list, &envp[s.n], sizeof(*envp))) {
            s.unreadable = 1;
            break;
        }
        entry = envp[s.n];
        if (!entry)
            break;
        if (ck_look_string(&text, entry, LONGEST) < 0) {
            s.unreadable = 1;
            break;
        }
        e = which(entry);

        if (e < E_COUNT && !s.have[e])
            s.have[e] = envp[s.n];
    }
    return s;
}

/* The next element of a preload list, which spaces or colons separate. */
static size_t element(const char **p)
{
    *p += strspn(*p, ": ");
    return strcspn(*p, ": ");
}

static int is_library(const char *p, size_t n)
{
    size_t len = sizeof(LIBRARY) - 1;

    return n >= len && !memcmp(p + n - len, LIBRARY, len) &&
           (n == len || p[n - len - 1] == '/');
}

static int preload_right(const char *entry)
{
    size_t want = strlen(ck_rt.runtime_path), n;

    if (!strcmp(entry, ck_rt.preload))
        return 1;
    for (const char *p = entry + sizeof(PRELOAD) - 1; (n = element(&p));
         p += n)
        if (n == want && !memcmp(p, ck_rt.runtime_path, n))
            return 1;
    return 0;
}

static int without_ours(const char *entry)
{
    size_t n;

    for (const char *p = entry + sizeof(PRELOAD) - 1; (n = element(&p));
         p += n)
        if (is_library(p, n))
            return 0;
    return 1;
}

static int right(const struct scan *s)
{
    for (int e = 0; e < E_COUNT; e++) {
        const char *want = ours(e);

        if (ck_rt.left && s->have[e] &&
            (e != E_PRELOAD || !without_ours(s->have[e])))
            return 0;
        if (!*want)
            continue;
        if (!s->have[e])
            return 0;
        if (e == E_PRELOAD ? !preload_right(s->have[e])
                           : strcmp(s->have[e], want) != 0)
            return 0;
    }
    return 1;
}

size_t ck_env_need(char *const envp[])
{
    struct scan s;
    size_t need;

    if (!ck_rt.enabled)
        return 0;
    s = scan(envp);
    if (s.unreadable || right(&s))
        return 0;
    if (s.have[E_DIR] && !s.have[E_TREE] &&
        strcmp(s.have[E_DIR], ck_rt.env_dir) != 0)
        return 0;
    need = (s.n + E_COUNT + 1) * sizeof(char *) + strlen(ck_rt.preload) + 2;
    if (s.have[E_PRELOAD])
        need += strlen(s.have[E_PRELOAD]);
    return need;
}

/* Our library, then the program's own preloads, without older copies of
 * ours. 0: there are none at all. */
static int join_preload(char *out, const char *entry)
{
    const char *first = ck_rt.left ? PRELOAD : ck_rt.preload;
    int some = !ck_rt.left;
    size_t n = strlen(first);

    memcpy(out, first, n);
    out += n;
    if (entry)
        for (const char *p = entry + sizeof(PRELOAD) - 1; (n = element(&p));
             p += n) {
            if (is_library(p, n))
                continue;
            if (some)
                *out++ = ':';
            some = 1;
            memcpy(out, p, n);
            out += n;
        }
    *out = '\0';
    return some;
}

char *const *ck_env_build(void *mem, size_t need, char *const envp[])
{
    char **out = mem;
    const char *preload = NULL;
    size_t n = 0;

    if (!need)
        return envp;
    if (!mem) {
        errno = ENOMEM;
        return NULL;
    }
    for (; envp && *envp; envp++) {
        int e = which(*envp);

        if (e == E_COUNT)
            out[n++] = *envp;
        else if (e == E_PRELOAD && !preload)
            preload = *envp;
    }
    for (int e = E_DIR; e < E_COUNT; e++)
        if (*ours(e))
            out[n++] = (char *)(uintptr_t)ours(e);
    if (*ck_rt.preload) {
        char *text = (char *)(out + n + 2);

        if (join_preload(text, preload))
            out[n++] = text;
    }
    out[n] = NULL;
    return out;
}

int ck_env_loads(char *const env[])
{
    struct scan s = scan(env);

    return *ck_rt.preload && s.have[E_PRELOAD] &&
           preload_right(s.have[E_PRELOAD]);
}

void *ck_env_map(size_t need)
{
    long r = sys6(SYS_mmap, 0, need, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return sys_failed(r) ? NULL : (void *)r;
}

void ck_env_done(void *mem, size_t need)
{
    if (need > CK_ENV_STACK && mem)
        sys2(SYS_munmap, mem, need);
}
