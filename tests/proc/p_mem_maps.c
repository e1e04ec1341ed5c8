/* Claim: /proc/self/maps shows the program's own areas as before: places,
 * rights, names of files; [heap], [stack] and [vdso] stand where they stood. */
#include "claim.h"
#include <sys/mman.h>

/* The areas that the program made, and the ones with well-known names. */
static char *picture(const char *lo, const char *hi)
{
    char *all = calloc(1, 1 << 16), line[600], *p = all;
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned long a, b;

    CHECK(f);
    while (fgets(line, sizeof line, f)) {
        CHECK(sscanf(line, "%lx-%lx", &a, &b) == 2);
        if ((a >= (unsigned long)lo && b <= (unsigned long)hi) ||
            strstr(line, "[vdso]") || strstr(line, "[vvar]") ||
            strstr(line, "p_mem_maps"))
            p += sprintf(p, "%s", line);
    }
    fclose(f);
    return all;
}

int main(void)
{
    char *p = mmap(NULL, 64 << 12, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *before, *after;
    int prot[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_EXEC,
                  PROT_READ | PROT_WRITE};

    CHECK(p != MAP_FAILED);
    for (int i = 0; i < 32; i++)
        CHECK(mprotect(p + (i << 12), 4096, prot[i % 4]) == 0);
    before = picture(p, p + (64 << 12));
    claim_ready();
    claim_wait();
    BREAK(mprotect(p, 4096, PROT_READ));
    after = picture(p, p + (64 << 12));
    if (strcmp(before, after) != 0)
        claim_fail(__FILE__, __LINE__, "before:\n%safter:\n%s", before,
                   after);
    claim_pass();
}
