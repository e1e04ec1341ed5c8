/* local.c - see local.h. */
#include "coordinator/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys/fmt.h"

#define STATE 3       /* fields of /proc/<pid>/stat, counted from 1 */
#define NUM_THREADS 20

int ck_local_gone(uint32_t pid, char *comm, size_t cap)
{
    char path[64], stat[1024];
    char *from, *to, *p;

    if (comm && cap)
        *comm = '\0';
    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    if (ck_read_file(path, stat, sizeof stat) < 0)
        return 1;
    from = strchr(stat, '(');
    to = strrchr(stat, ')'); /* the name may hold one as well */
    if (!from || !to || to[1] != ' ')
        return 0;
    *to = '\0';
    if (comm)
        snprintf(comm, cap, "%s", from + 1);
    p = to + 2;
    if (*p != 'Z' && *p != 'X')
        return 0;
    for (int field = STATE; field < NUM_THREADS && p; field++) {
        p = strchr(p, ' ');
        p = p ? p + 1 : NULL;
    }
    return !p || atoi(p) <= 1;
}
