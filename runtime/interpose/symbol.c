/*
 * symbol.c - where a function of libc.so.6 is, by libc's own symbol table.
 *
 * The loader is not asked: dlsym() is interposed, by us and by others, and
 * takes a lock. libc stands in the loader's list from the start and never
 * leaves it, and so do those before it. The version is that which programs
 * are linked with; else any. NULL: libc has no such function.
 */
#include "runtime/interpose/wrap.h"

#include <link.h>
#include <string.h>

#define HIDDEN 0x8000 /* in DT_VERSYM: not the version to link with */
#define LAST 1u       /* in a chain of DT_GNU_HASH */

struct table {
    const uint32_t *gnu; /* buckets, first symbol, words, shift; the rest */
    const Elf64_Sym *sym;
    const Elf64_Half *version;
    const char *names;
};

static const struct link_map *libc_map(void)
{
    const struct link_map *m = _r_debug.r_map;

    for (; m; m = m->l_next) {
        const char *base = strrchr(m->l_name, '/');

        if (!strcmp(base ? base + 1 : m->l_name, "libc.so.6"))
            break;
    }
    return m;
}

static struct table table_of(const struct link_map *m)
{
    struct table t = {0};

    for (const Elf64_Dyn *d = m->l_ld; d->d_tag != DT_NULL; d++) {
        const void *p = (const void *)d->d_un.d_ptr; /* the loader adds l_addr */

        if (d->d_tag == DT_GNU_HASH)
            t.gnu = p;
        else if (d->d_tag == DT_SYMTAB)
            t.sym = p;
        else if (d->d_tag == DT_VERSYM)
            t.version = p;
        else if (d->d_tag == DT_STRTAB)
            t.names = p;
    }
    return t;
}

static void *address(const struct link_map *m, const Elf64_Sym *s)
{
    void *p = (void *)(m->l_addr + s->st_value);

    if (ELF64_ST_TYPE(s->st_info) == STT_GNU_IFUNC)
        p = ((void *(*)(void))p)();
    return p;
}

void *ck_libc_symbol(const char *name)
{
    const struct link_map *m = libc_map();
    struct table t = m ? table_of(m) : (struct table){0};
    const Elf64_Sym *found = NULL;
    const uint32_t *bucket, *chain;
    uint32_t hash = 5381, i;

    if (!t.gnu || !t.sym || !t.version || !t.names)
        return NULL;
    for (const char *p = name; *p; p++)
        hash = hash * 33 + (uint8_t)*p;
    bucket = t.gnu + 4 + 2 * t.gnu[2];
    chain = bucket + t.gnu[0];
    i = bucket[hash % t.gnu[0]];
    for (; i >= t.gnu[1]; i++) {
        uint32_t h = chain[i - t.gnu[1]];
        const Elf64_Sym *s = &t.sym[i];

        if ((h | LAST) == (hash | LAST) && s->st_shndx != SHN_UNDEF &&
            !strcmp(t.names + s->st_name, name)) {
            if (!(t.version[i] & HIDDEN))
                return address(m, s);
            if (!found)
                found = s;
        }
        if (h & LAST)
            break;
    }
    return found ? address(m, found) : NULL;
}
