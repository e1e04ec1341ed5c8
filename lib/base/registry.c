/*
 * registry.c - names and job ids that lead to a job directory; see jobdir.h.
 *
 * ~/.ckpt/jobs/<name> is a symbolic link. Nothing depends on it but the
 * user's convenience: a home directory that cannot be written costs the
 * name, not the computation.
 */
#include "lib/base/jobdir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/env.h"

static int registry_dir(char *buf, size_t cap)
{
    const char *home = ck_env_home();
    int n;

    if (!*home)
        return -ENOENT;
    n = snprintf(buf, cap, "%s/.ckpt/jobs", home);
    return n < 0 || (size_t)n >= cap ? -ENAMETOOLONG : 0;
}

static int link_path(char *buf, size_t cap, const char *name)
{
    char reg[CK_PATH];
    int r = registry_dir(reg, sizeof(reg));

    return r < 0 ? r : ck_path_join(buf, cap, reg, name);
}

int ck_jobdir_register(const char *name, const char *dir, struct ck_err *e)
{
    char reg[CK_PATH], path[CK_PATH], tmp[CK_PATH + 32];
    int r;

    if (!ck_name_ok(name))
        return ck_err(e, -EINVAL,
                      "not a name: \"%s\" (letters, digits, . _ -)", name);
    r = registry_dir(reg, sizeof(reg));
    if (r == 0)
        r = ck_path_mkdirs(reg, 0700);
    if (r == 0)
        r = ck_path_join(path, sizeof(path), reg, name);
    if (r < 0)
        return ck_err_sys(e, r, "cannot register the name %s", name);
    snprintf(tmp, sizeof(tmp), "%s/.tmp.%d", reg, (int)getpid());
    unlink(tmp);
    if (symlink(dir, tmp) != 0 || rename(tmp, path) != 0) {
        r = -errno;
        unlink(tmp);
        return ck_err_sys(e, r, "cannot register the name %s", name);
    }
    return 0;
}

int ck_jobdir_unregister(const char *name, const char *dir)
{
    char path[CK_PATH], to[CK_PATH];
    ssize_t n;

    if (!ck_name_ok(name) || link_path(path, sizeof(path), name) < 0)
        return 0;
    n = readlink(path, to, sizeof(to) - 1);
    if (n < 0)
        return 0;
    to[n] = 0;
    if (strcmp(to, dir) != 0)
        return 0;
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

int ck_jobdir_registered(const char *name, char dir[CK_PATH])
{
    char path[CK_PATH];
    ssize_t n;

    if (!ck_name_ok(name) || link_path(path, sizeof(path), name) < 0)
        return -ENOENT;
    n = readlink(path, dir, CK_PATH - 1);
    if (n < 0)
        return -errno;
    dir[n] = 0;
    return 0;
}

/* HOST as the user writes it: the node's name, one of the numeric
 * addresses, or localhost when that is where we are. */
static int host_is(const struct ck_coord_addr *a, const char *host, size_t n)
{
    const char *p = a->host;

    if (strlen(a->node) == n && strncmp(a->node, host, n) == 0)
        return 1;
    if (strcmp(a->node, ck_env_node()) == 0 &&
        ((n == 9 && strncmp(host, "localhost", n) == 0) ||
         (n == 9 && strncmp(host, "127.0.0.1", n) == 0)))
        return 1;
    for (;; p++) {
        size_t len = strcspn(p, ",");

        if (len == n && strncmp(p, host, n) == 0)
            return 1;
        p += len;
        if (!*p)
            return 0;
    }
}

static int is_at(const char *dir, const char *host, size_t n, unsigned port)
{
    struct ck_coord_addr a;

    return ck_jobdir_check(dir, NULL, NULL) == 0 &&
           ck_jobdir_addr_read(dir, &a, NULL) == 0 && a.port == port &&
           host_is(&a, host, n);
}

int ck_jobdir_by_addr(const char *host_port, char dir[CK_PATH],
                      struct ck_err *e)
{
    const char *colon = strrchr(host_port, ':'), *env = ck_env(CK_ENV_DIR);
    char reg[CK_PATH], *end;
    struct dirent *de;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    size_t n = colon ? (size_t)(colon - host_port) : 0;
    int found = 0;
    DIR *d;

    if (n == 0 || *end || port == 0 || port > 65535)
        return ck_err(e, -EINVAL, "not HOST:PORT: %s", host_port);
    if (env && is_at(env, host_port, n, (unsigned)port))
        return ck_jobdir_check(env, dir, e);
    d = registry_dir(reg, sizeof(reg)) == 0 ? opendir(reg) : NULL;
    while (d && !found && (de = readdir(d)))
        found = de->d_name[0] != '.' &&
                ck_path_join(dir, CK_PATH, reg, de->d_name) == 0 &&
                is_at(dir, host_port, n, (unsigned)port);
    if (d)
        closedir(d);
    if (found) {
        char link[CK_PATH];

        strcpy(link, dir);
        return ck_jobdir_check(link, dir, e);
    }
    return ck_err(e, -ENOENT,
                  "no job directory of yours has its coordinator at %s: set "
                  "CKPT_DIR or use --dir",
                  host_port);
}

/* Directories ./ckpt.* with a key. Number of them; the first in out. */
static int beside(char out[CK_PATH])
{
    DIR *d = opendir(".");
    struct dirent *de;
    int found = 0;

    if (!d)
        return 0;
    while ((de = readdir(d))) {
        char key[CK_PATH];

        if (strncmp(de->d_name, "ckpt.", 5) != 0 ||
            ck_path_join(key, sizeof(key), de->d_name, "key") < 0 ||
            access(key, F_OK) != 0)
            continue;
        if (found++ == 0)
            snprintf(out, CK_PATH, "%s", de->d_name);
    }
    closedir(d);
    return found;
}

/* The link made last that still leads somewhere. */
static int newest(char out[CK_PATH])
{
    char reg[CK_PATH];
    struct timespec best = {0, 0};
    struct dirent *de;
    int found = 0;
    DIR *d;

    if (registry_dir(reg, sizeof(reg)) < 0 || !(d = opendir(reg)))
        return 0;
    while ((de = readdir(d))) {
        char path[CK_PATH];
        struct stat st, to;

        if (de->d_name[0] == '.' ||
            ck_path_join(path, sizeof(path), reg, de->d_name) < 0 ||
            lstat(path, &st) != 0 || stat(path, &to) != 0)
            continue;
        if (found && (st.st_mtim.tv_sec < best.tv_sec ||
                      (st.st_mtim.tv_sec == best.tv_sec &&
                       st.st_mtim.tv_nsec < best.tv_nsec)))
            continue;
        best = st.st_mtim;
        found = 1;
        snprintf(out, CK_PATH, "%s", path);
    }
    closedir(d);
    return found;
}

static int resolve_nothing(char dir[CK_PATH], struct ck_err *e)
{
    const char *env = ck_env(CK_ENV_DIR);
    char at[CK_PATH];
    int n;

    if (env)
        return ck_jobdir_check(env, dir, e);
    n = beside(at);
    if (n == 1)
        return ck_jobdir_check(at, dir, e);
    if (newest(at))
        return ck_jobdir_check(at, dir, e);
    if (n > 1)
        return ck_err(e, -ENOENT,
                      "several job directories here (./ckpt.*): name one");
    return ck_err(e, -ENOENT,
                  "which computation? CKPT_DIR is not set, there is no "
                  "./ckpt.* here, and none is registered in ~/.ckpt/jobs: "
                  "name a directory, a job id or a name");
}

int ck_jobdir_resolve(const char *what, char dir[CK_PATH], struct ck_err *e)
{
    char path[CK_PATH];
    struct stat st;

    if (!what || !*what)
        return resolve_nothing(dir, e);
    if (!strchr(what, '/') && ck_name_ok(what) &&
        link_path(path, sizeof(path), what) == 0 && lstat(path, &st) == 0) {
        if (stat(path, &st) == 0)
            return ck_jobdir_check(path, dir, e);
        return ck_err_sys(e, -errno, "the job directory of %s is gone (%s)",
                          what, path);
    }
    if (stat(what, &st) == 0 && S_ISDIR(st.st_mode))
        return ck_jobdir_check(what, dir, e);
    if (strchr(what, '/'))
        return ck_err_sys(e, -ENOENT, "job directory %s", what);
    /* a name given to launch in this directory, from where home was not
     * writable */
    snprintf(path, sizeof(path), "ckpt.%s", what);
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return ck_jobdir_check(path, dir, e);
    return ck_err(e, -ENOENT,
                  "no computation \"%s\": not a directory, and neither a name "
                  "nor a job id in ~/.ckpt/jobs",
                  what);
}
