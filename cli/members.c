/* members.c - see members.h. Nothing here is locked: who comes or goes
 * meanwhile is seen, or not, as if we had looked earlier or later. */
#include "cli/members.h"

#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/base/paths.h"
#include "lib/sys/fmt.h"
#include "lib/sys/ours.h"
#include "restart/ops.h"

#define HELPERS_MS 10000 /* a write to a slow disk is finished first */
/* in the flags of /proc/PID/stat */
#define PF_EXITING 0x00000004ul
#define PF_SIGNALED 0x00000400ul

/* Has a NUL-separated file an entry that begins with these n bytes? */
static int has_entry(const char *path, const char *entry, size_t n)
{
    FILE *f = fopen(path, "re");
    char *text = NULL;
    size_t cap = 0;
    int found = 0;

    while (f && !found && getdelim(&text, &cap, 0, f) > 0)
        found = strncmp(text, entry, n) == 0;
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

enum who {
    PROGRAM,
    HELPER,   /* has a program's memory */
    RESTORER, /* has not become a program yet: it has our environment */
    NOBODY,
};

static enum who who_is(pid_t pid, const char *entry)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    if (stat(path, &st) != 0 || st.st_uid != geteuid() ||
        !has_entry(path, entry, strlen(entry) + 1))
        return NOBODY;
    if (has_entry(path, CK_PLAN_ENV "=", strlen(CK_PLAN_ENV) + 1))
        return RESTORER;
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    return !maps_runtime(path) ? NOBODY : ck_ours(pid) ? HELPER : PROGRAM;
}

static int is_dying(pid_t pid)
{
    unsigned long flags = 0;
    char path[64], text[2048], *p;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (ck_read_file(path, text, sizeof(text)) < 0 ||
        !(p = strrchr(text, ')')) ||
        sscanf(p, ") %*c %*d %*d %*d %*d %*d %lu", &flags) != 1)
        return 1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    return (flags & (PF_EXITING | PF_SIGNALED)) != 0 ||
           (ck_read_number(path, "SigPnd:\t", 16, 0) &
            1ull << (SIGKILL - 1)) != 0;
}

/* Programs, or what of ours is left of them. */
static unsigned look(const char *dir, int ours, struct ck_member *m,
                     unsigned max)
{
    char entry[CK_PATH + 16];
    DIR *d = opendir("/proc");
    struct dirent *de;
    unsigned n = 0;

    snprintf(entry, sizeof(entry), "CKPT_DIR=%s", dir);
    while (d && (de = readdir(d))) {
        pid_t pid = (pid_t)atoi(de->d_name);

        enum who who = NOBODY;

        if (isdigit((unsigned char)de->d_name[0]) && pid != getpid())
            who = who_is(pid, entry);
        if (who == NOBODY || ours != (who != PROGRAM))
            continue;
        if (n < max) {
            m[n].pid = pid;
            m[n].dying = is_dying(pid);
            read_comm(pid, m[n].comm);
        }
        n++;
    }
    if (d)
        closedir(d);
    return n;
}

unsigned ck_members(const char *dir, struct ck_member *m, unsigned max)
{
    return look(dir, 0, m, max);
}

/* By a descriptor: the number may be another's by now. */
static void end(pid_t pid, const char *dir, int64_t until)
{
    char entry[CK_PATH + 16];
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t left = until - ck_now_ms();
    enum who who;

    snprintf(entry, sizeof(entry), "CKPT_DIR=%s", dir);
    who = fd < 0 ? NOBODY : who_is(pid, entry);

    if ((who == HELPER || who == RESTORER) &&
        syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0)
        poll(&p, 1, left > 0 ? (int)left : 0);
    if (fd >= 0)
        close(fd);
}

unsigned ck_members_end_helpers(const char *dir)
{
    int64_t until = ck_now_ms() + HELPERS_MS;
    struct ck_member m[64];
    unsigned n;

    while ((n = look(dir, 1, m, 64)) > 0 && ck_now_ms() < until)
        for (unsigned i = 0; i < n && i < 64; i++)
            end(m[i].pid, dir, until);
    return n;
}
