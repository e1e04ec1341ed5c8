/*
 * part.c - who else has it? A process of another tree of this computation a
 * socket, or anybody outside of the tree an object that we must have for
 * ourselves for a moment.
 *
 * Trees are saved and restarted one by one. A connection between two of them
 * would have lost its peer afterwards, and neither program is to blame for
 * that, as it would be for a peer outside.
 */
#include "lib/res/kind.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENV_MAX (1u << 20)

/* What CKPT_DIR says in the environment that pid was executed with. */
static int job_of(pid_t pid, char *dir, size_t cap)
{
    static char env[ENV_MAX];
    char path[64];
    int fd, found = 0;
    ssize_t n = 0, k;

    snprintf(path, sizeof(path), "/proc/%d/environ", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while ((k = read(fd, env + n, sizeof(env) - 1 - (size_t)n)) > 0)
        n += k;
    close(fd);
    env[n] = '\0';
    for (char *p = env; p < env + n && !found; p += strlen(p) + 1) {
        found = !strncmp(p, "CKPT_DIR=", 9);
        if (found)
            snprintf(dir, cap, "%s", p + 9);
    }
    return found;
}

/* Has pid something open whose link says `want`? With o: that is o's object,
 * and not by a descriptor of the tree. */
static int has_open(pid_t pid, const char *want, const struct ck_res_save *c,
                    const struct ck_res_ofd *o)
{
    char path[64], target[512];
    struct dirent *e;
    struct stat st;
    int found = 0;
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    d = opendir(path);
    while (d && !found && (e = readdir(d))) {
        ssize_t n = readlinkat(dirfd(d), e->d_name, target,
                               sizeof(target) - 1);

        target[n < 0 ? 0 : n] = '\0';
        found = !strcmp(target, want);
        if (found && o)
            found = !fstatat(dirfd(d), e->d_name, &st, 0) &&
                    st.st_dev == o->st.st_dev && st.st_ino == o->st.st_ino &&
                    !c->find(c, pid, atoi(e->d_name));
    }
    if (d)
        closedir(d);
    return found;
}

pid_t ck_res_stranger(const struct ck_res_save *c, const struct ck_res_ofd *o)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    pid_t found = 0;

    while (d && !found && (e = readdir(d))) {
        pid_t pid = atoi(e->d_name);

        if (pid > 0 && pid != getpid() && has_open(pid, o->link, c, o))
            found = pid;
    }
    if (d)
        closedir(d);
    return found;
}

pid_t ck_res_other_part(const struct ck_res_ofd *o, uint32_t inode)
{
    static char ours[4096], theirs[4096];
    char want[32];
    struct dirent *e;
    pid_t found = 0;
    DIR *d;

    if (!job_of(o->pid, ours, sizeof(ours)))
        return 0;
    snprintf(want, sizeof(want), "socket:[%u]", inode);
    d = opendir("/proc");
    while (d && !found && (e = readdir(d))) {
        pid_t pid = atoi(e->d_name);

        if (pid > 0 && job_of(pid, theirs, sizeof(theirs)) &&
            !strcmp(ours, theirs) && has_open(pid, want, NULL, NULL))
            found = pid;
    }
    if (d)
        closedir(d);
    return found;
}
