/* paths.c - see paths.h. */
#include "lib/base/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/env.h"

int ck_path_join(char *buf, unsigned long cap, const char *dir,
                 const char *name)
{
    int n = snprintf(buf, cap, "%s/%s", dir, name);

    return n < 0 || (unsigned long)n >= cap ? -ENAMETOOLONG : 0;
}

int ck_paths_prefix(struct ck_paths *p, const char *prefix, struct ck_err *e)
{
    const char *conf = ck_env(CK_ENV_CONF);
    struct stat st;
    int bad = 0;

    memset(p, 0, sizeof(*p));
    if (strlen(prefix) >= sizeof(p->prefix))
        return ck_err(e, -ENAMETOOLONG, "path too long: %s", prefix);
    strcpy(p->prefix, prefix);
    bad |= ck_path_join(p->ckpt, CK_PATH, prefix, "bin/ckpt");
    bad |= ck_path_join(p->runtime, CK_PATH, prefix, "lib/ckpt/libckpt.so");
    bad |= ck_path_join(p->restore, CK_PATH, prefix,
                        "lib/ckpt/libckpt-restore.so");
    bad |= ck_path_join(p->slurm, CK_PATH, prefix, "lib/ckpt/ckpt-slurm.so");
    bad |= ck_path_join(p->place, CK_PATH, prefix, "lib/ckpt/ckpt-place.so");
    bad |= ck_path_join(p->conf, CK_PATH, prefix, "etc/ckpt/ckpt.conf");
    if (bad)
        return ck_err(e, -ENAMETOOLONG, "path too long: %s", prefix);
    if (stat(p->conf, &st) != 0)
        (void)ck_path_join(p->conf, CK_PATH, prefix, "etc/ckpt.conf");
    if (stat(p->conf, &st) != 0)
        strcpy(p->conf, "/etc/ckpt/ckpt.conf");
    if (conf)
        snprintf(p->conf, CK_PATH, "%s", conf);
    return 0;
}

int ck_paths_self(struct ck_paths *p, struct ck_err *e)
{
    char exe[CK_PATH];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    char *s;

    if (n < 0)
        return ck_err_sys(e, -errno, "cannot read /proc/self/exe");
    exe[n] = 0;
    for (int up = 0; up < 2; up++) {
        s = strrchr(exe, '/');
        if (!s)
            return ck_err(e, -ENOENT, "/proc/self/exe is not a path");
        *s = 0;
    }
    return ck_paths_prefix(p, exe, e);
}

int ck_paths_check(const struct ck_paths *p, struct ck_err *e)
{
    if (access(p->runtime, R_OK) != 0)
        return ck_err_sys(e, -errno,
                          "this installation is incomplete: %s", p->runtime);
    if (access(p->restore, R_OK) != 0)
        return ck_err_sys(e, -errno,
                          "this installation is incomplete: %s", p->restore);
    return 0;
}

int ck_path_mkdirs(const char *path, unsigned mode)
{
    char buf[CK_PATH];
    size_t n = strlen(path);

    if (n == 0)
        return -ENOENT;
    if (n >= sizeof(buf))
        return -ENAMETOOLONG;
    memcpy(buf, path, n + 1);
    for (char *s = buf + 1;; s++) {
        char c = *s;

        if (c != '/' && c != 0)
            continue;
        *s = 0;
        if (mkdir(buf, mode) != 0 && errno != EEXIST) {
            int err = errno;
            struct stat st;

            /* EROFS or EACCES may be said of what is there already */
            if (stat(buf, &st) != 0 || !S_ISDIR(st.st_mode))
                return -err;
        }
        *s = c;
        if (c == 0)
            return 0;
    }
}
