/*
 * vmflags.c - see vmflags.h. The list is the kernel's (show_smap_vma_flags in
 * fs/proc/task_mmu.c, 5.14 to 6.18). A flag of a newer kernel is passed over:
 * most are of the kernel's own book-keeping.
 */
#include "lib/image/vmflags.h"

#include <stddef.h>

#include "lib/image/format.h"

#define SERVED \
    "somebody handles its page faults (userfaultfd), which can't be saved"
#define DEVICE "device memory can't be saved"

static const struct ck_vmflag list[] = {
    {"rd", CK_VF_MADE, 0, NULL},
    {"wr", CK_VF_MADE, 0, NULL},
    {"ex", CK_VF_MADE, 0, NULL},
    {"sh", CK_VF_MADE, 0, NULL},
    {"mr", CK_VF_MADE, 0, NULL},
    {"mw", CK_VF_SAVED, CK_AF_MAYWRITE, NULL},
    {"me", CK_VF_MADE, 0, NULL},
    {"ms", CK_VF_MADE, 0, NULL},
    {"gd", CK_VF_SAVED, CK_AF_GROWSDOWN, NULL},
    {"pf", CK_VF_KERNELS, 0, DEVICE},
    {"lo", CK_VF_SAVED, CK_AF_LOCKED, NULL},
    {"io", CK_VF_KERNELS, 0, DEVICE},
    {"sr", CK_VF_SAVED, CK_AF_SEQUENTIAL, NULL},
    {"rr", CK_VF_SAVED, CK_AF_RANDOM, NULL},
    {"dc", CK_VF_SAVED, CK_AF_DONTFORK, NULL},
    {"de", CK_VF_MADE, 0, NULL},
    {"lf", CK_VF_SAVED, CK_AF_ONFAULT, NULL},
    {"ac", CK_VF_SAVED, CK_AF_ACCOUNTED, NULL},
    {"nr", CK_VF_SAVED, CK_AF_NORESERVE, NULL},
    {"ht", CK_VF_SAVED, CK_AF_HUGETLB, NULL},
    {"sf", CK_VF_REFUSED, 0, "a synchronous mapping (MAP_SYNC) can't be saved"},
    {"ar", CK_VF_MADE, 0, NULL},
    {"wf", CK_VF_SAVED, CK_AF_WIPEONFORK, NULL},
    {"dd", CK_VF_SAVED, CK_AF_DONTDUMP, NULL},
    {"sd", CK_VF_MADE, 0, NULL},
    {"mm", CK_VF_MADE, 0, NULL},
    {"hg", CK_VF_SAVED, CK_AF_HUGEPAGE, NULL},
    {"nh", CK_VF_SAVED, CK_AF_NOHUGEPAGE, NULL},
    {"mg", CK_VF_SAVED, CK_AF_MERGEABLE, NULL},
    {"um", CK_VF_REFUSED, 0, SERVED},
    {"uw", CK_VF_REFUSED, 0, SERVED},
    {"ui", CK_VF_REFUSED, 0, SERVED},
    {"ss", CK_VF_REFUSED, 0, "a shadow stack can't be saved"},
    {"sl", CK_VF_SAVED, CK_AF_SEALED, NULL},
    {"dp", CK_VF_SAVED, CK_AF_DROPPABLE, NULL},
};

const struct ck_vmflag *ck_vmflag(const char *name)
{
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].name[0] == name[0] && list[i].name[1] == name[1])
            return &list[i];
    return NULL;
}

const char *ck_vmflags_read(const char *p, int kernels, uint32_t *flags)
{
    const char *refusal = NULL;

    while (*p == ' ')
        p++;
    for (; p[0] && p[1]; p += p[2] ? 3 : 2) {
        const struct ck_vmflag *f = ck_vmflag(p);

        if (!f)
            continue;
        *flags |= f->flag;
        if (f->fate == CK_VF_REFUSED || (f->fate == CK_VF_KERNELS && !kernels))
            refusal = f->text;
    }
    return refusal;
}
