/* maps.c - see maps.h. */
#include "restart/blob/maps.h"

#include <stddef.h>
#include <string.h>

#include "lib/sys/fmt.h"
#include "restart/blob/blob.h"

static void add_kernel(struct ck_present *p, uint64_t start, uint64_t end,
                       const char *name, size_t len)
{
    struct ck_kernel_map *k;

    if (p->nkernel == CK_KERNEL_MAX || len >= sizeof k->name)
        return;
    k = &p->kernel[p->nkernel++];
    k->start = start;
    k->end = end;
    memcpy(k->name, name, len);
    k->name[len] = '\0';
}

void ck_present_read(struct ck_present *p, int coord_fd)
{
    static char text[128 * 1024];
    long n = ck_read_file("/proc/self/maps", text, sizeof text);
    const char *at = text;

    if (n < 0)
        ck_blob_fail(coord_fd, "/proc/self/maps can't be read (error %ld)",
                     -n);
    p->n = p->nkernel = 0;
    while (*at) {
        uint64_t start = ck_parse_u64(&at, 16), end;
        const char *nl, *name;

        at++;
        end = ck_parse_u64(&at, 16);
        for (nl = at; *nl && *nl != '\n'; nl++)
            ;
        for (name = nl; name > at && name[-1] != ' '; name--)
            ;
        if (p->n == CK_PRESENT_MAX)
            ck_blob_fail(coord_fd, "too many mappings before the restart");
        p->map[p->n].start = start;
        p->map[p->n++].end = end;
        if (ck_starts(name, "[vdso]") || ck_starts(name, "[vvar"))
            add_kernel(p, start, end, name, (size_t)(nl - name));
        at = *nl ? nl + 1 : nl;
    }
}
