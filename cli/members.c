/* members.c - see members.h. Nothing here is locked: who comes or goes
 * meanwhile is seen, or not, as if we had looked earlier or later. */
#include "cli/members.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/paths.h"

/* Does a NUL-separated file begin one of its entries with `entry`, whole? */
static int has_entry(const char *path, const char *entry)
{
    FILE *f = fopen(path, "re");
    char *text = NULL;
    size_t cap = 0;
    int found = 0;

    while (f && !found && getdelim(&text, &cap, 0, f) > 0)
        found = strcmp(text, entry) == 0;
    free(text);
    if (f)
        fclose(f);
    return found;
}

static int maps_runtime(const char *path)
{
    FILE *f = fopen(path, "re");
    char *text = NULL;
    size_t cap = 0;
    int found = 0;

    while (f && !found && getline(&text, &cap, f) > 0)
        found = strstr(text, "/libckpt.so") != NULL;
    free(text);
    if (f)
        fclose(f);
    return found;
}

static void read_comm(pid_t pid, char comm[32])
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    f = fopen(path, "re");
    if (!f || !fgets(comm, 32, f))
        strcpy(comm, "?");
    if (f)
        fclose(f);
    comm[strcspn(comm, "\n")] = 0;
}

static int is_member(pid_t pid, const char *entry)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    if (stat(path, &st) != 0 || st.st_uid != geteuid() ||
        !has_entry(path, entry))
        return 0;
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    return maps_runtime(path);
}

unsigned ck_members(const char *dir, struct ck_member *m, unsigned max)
{
    char entry[CK_PATH + 16];
    DIR *d = opendir("/proc");
    struct dirent *de;
    unsigned n = 0;

    snprintf(entry, sizeof(entry), "CKPT_DIR=%s", dir);
    while (d && (de = readdir(d))) {
        pid_t pid = (pid_t)atoi(de->d_name);

        if (!isdigit((unsigned char)de->d_name[0]) || pid == getpid() ||
            !is_member(pid, entry))
            continue;
        if (n < max) {
            m[n].pid = pid;
            read_comm(pid, m[n].comm);
        }
        n++;
    }
    if (d)
        closedir(d);
    return n;
}
