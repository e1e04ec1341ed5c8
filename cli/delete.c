/*
 * delete.c - `ckpt delete`: removes one image set, or all that is left of a
 * computation.
 *
 * While a coordinator is alive only sets older than the newest committed one
 * may go. In a job directory only files of ours are removed: if something
 * else lies there, it stays, the directory stays, and that is said.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/setarg.h"
#include "lib/base/conn.h"
#include "lib/base/jobdir.h"
#include "lib/base/log.h"
#include "lib/base/sets.h"
#include "lib/image/intake.h"
#include "lib/image/undo.h"

static const char usage[] =
    "usage: ckpt delete [--yes] SET\n"
    "       ckpt delete [--yes] [--set N] --dir DIR | DIR | JOBID | NAME\n\n"
    "Removes one image set, or the whole job directory of a computation with\n"
    "all its sets. Asks first, unless --yes is given. While the computation\n"
    "runs, only sets older than the newest can be removed.\n";

/* What may be in a job directory (docs/architecture.md). */
static const char *const ours[] = {
    "key",    "coordinator", "status.json", "journal", "env",    "log",
    "output", "step.*", "off.*", "pids.*",      "exit.*",  "claim.*",
    "sysv.*",   "places.*", "finished",  "outputs.*",
    /* what a crash left of a replaced file */
    "key.*",  "coordinator.*", "env.*", "finished.*", ".*.new", "*.tmp",
};

static int is_ours(const char *name)
{
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (!fnmatch(ours[i], name, 0))
            return 1;
    }
    return 0;
}

static int confirmed(int yes, const char *what, const char *dir)
{
    char answer[16];

    if (yes)
        return 1;
    if (!isatty(STDIN_FILENO)) {
        ck_log("delete: say --yes to remove %s in %s", what, dir);
        return 0;
    }
    fprintf(stderr, "Remove %s in %s? [y/N] ", what, dir);
    if (!fgets(answer, sizeof(answer), stdin) ||
        (answer[0] != 'y' && answer[0] != 'Y')) {
        ck_log("nothing was removed");
        return 0;
    }
    return 1;
}

static int delete_set(const struct ck_setarg *a, int yes)
{
    uint32_t newest = ck_sets_newest(a->dir);
    char what[32], path[CK_PATH];
    struct stat st;
    struct ck_err e;

    snprintf(what, sizeof(what), "set-%06u", a->set);
    if (ck_jobdir_set(path, sizeof(path), a->dir, a->set) ||
        lstat(path, &st)) {
        ck_err(&e, -ENOENT, "there is no %s in %s", what, a->dir);
        return ck_cli_fail(&e);
    }
    if (a->set >= newest && ck_conn_alive(a->dir, 2000, NULL) != 0) {
        ck_err(&e, -EBUSY,
               "%s is the newest set of a running computation: take another "
               "checkpoint or end it first (ckpt quit %s)",
               what, a->dir);
        return ck_cli_fail(&e);
    }
    if (!confirmed(yes, what, a->dir))
        return 1;
    if (ck_set_delete(a->dir, a->set, &e))
        return ck_cli_fail(&e);
    printf("removed %s\n", what);
    return ck_cli_done();
}

/* rollback/ holds what was cut off files at restarts: files, and one level
 * of directories, as input/ does; undo/ files only. */
static int remove_flat(int parent, const char *name, int depth)
{
    int fd = openat(parent, name,
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *de;

    if (!d) {
        if (fd >= 0)
            close(fd);
        return errno == ENOENT ? 0 : -errno;
    }
    while ((de = readdir(d))) {
        if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
            continue;
        if (unlinkat(fd, de->d_name, 0) && errno == EISDIR && depth > 0)
            remove_flat(fd, de->d_name, depth - 1);
    }
    closedir(d);
    return unlinkat(parent, name, AT_REMOVEDIR) ? -errno : 0;
}

/* Files of ours. left (CK_PATH): the name of one that is not, or "". */
static int remove_files(const char *dir, char *left, struct ck_err *e)
{
    DIR *d = opendir(dir);
    struct dirent *de;
    int rc = 0;

    *left = '\0';
    if (!d)
        return ck_err_sys(e, -errno, "%s", dir);
    while (!rc && (de = readdir(d))) {
        const char *n = de->d_name;

        if (!strcmp(n, ".") || !strcmp(n, ".."))
            continue;
        if (!strcmp(n, "rollback") || !strcmp(n, CK_UNDO_DIR) ||
            !strcmp(n, CK_INTAKE_DIR))
            rc = remove_flat(dirfd(d), n, 2);
        else if (!is_ours(n))
            snprintf(left, CK_PATH, "%s", n);
        else if (unlinkat(dirfd(d), n, 0) && errno != ENOENT)
            rc = -errno;
        if (rc)
            ck_err_sys(e, rc, "cannot remove %s/%s", dir, n);
    }
    closedir(d);
    return rc;
}

static int delete_sets(const char *dir, struct ck_err *e)
{
    struct ck_sets s;
    int rc = ck_sets_scan(dir, &s, e);

    for (size_t i = 0; !rc && i < s.n; i++) {
        rc = ck_set_delete(dir, s.v[i].number, e);
        if (!rc)
            printf("removed %s\n", s.v[i].name);
    }
    ck_sets_free(&s);
    return rc;
}

/* Names that lead to dir: what was typed, and what the directory is called. */
static void unregister(const char *dir, const char *typed)
{
    const char *base = strrchr(dir, '/');

    if (typed && ck_name_ok(typed))
        ck_jobdir_unregister(typed, dir);
    if (base && ck_name_ok(base + 1))
        ck_jobdir_unregister(base + 1, dir);
    if (base && !strncmp(base + 1, "ckpt.", 5) && ck_name_ok(base + 6))
        ck_jobdir_unregister(base + 6, dir);
}

static int delete_dir(const char *dir, const char *typed, int yes)
{
    char left[CK_PATH];
    struct ck_err e;

    if (ck_conn_alive(dir, 2000, NULL) != 0) {
        ck_err(&e, -EBUSY,
               "the computation in %s is running: end it first (ckpt quit "
               "%s), or name one older set", dir, dir);
        return ck_cli_fail(&e);
    }
    if (!confirmed(yes, "everything of ours", dir))
        return 1;
    if (delete_sets(dir, &e) || remove_files(dir, left, &e))
        return ck_cli_fail(&e);
    unregister(dir, typed);
    if (*left) {
        ck_err(&e, -ENOTEMPTY, "%s stays: %s in it is not ours", dir, left);
        return ck_cli_fail(&e);
    }
    if (rmdir(dir)) {
        ck_err_sys(&e, -errno, "cannot remove %s", dir);
        return ck_cli_fail(&e);
    }
    printf("removed %s\n", dir);
    return ck_cli_done();
}

int ck_cmd_delete(int argc, char **argv)
{
    static const struct option options[] = {
        {"dir", required_argument, NULL, 'd'},
        {"set", required_argument, NULL, 's'},
        {"yes", no_argument, NULL, 'y'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *what = NULL;
    struct ck_setarg a;
    uint32_t set = 0;
    int yes = 0, o, rc;

    while ((o = getopt_long(argc, argv, "hd:s:y", options, NULL)) != -1) {
        switch (o) {
        case 'd':
            what = optarg;
            break;
        case 's':
            if (ck_cli_number(optarg, 1, UINT32_MAX, &set))
                return ck_cli_usage("delete", "bad set number: %s", optarg);
            break;
        case 'y':
            yes = 1;
            break;
        case 'h':
            return ck_cli_help(usage);
        default:
            return 2;
        }
    }
    if (argc - optind > (what ? 0 : 1))
        return ck_cli_usage("delete", "more than one thing is named");
    if (!what)
        what = argv[optind];
    /* What is to go must be named: no default here. */
    if (!what)
        return ck_cli_usage("delete", "name a set, a directory, a job id or "
                                      "a name");
    rc = ck_setarg("delete", what, set, &a);
    if (rc)
        return rc;
    if (*a.image)
        return ck_cli_usage("delete", "%s is one image: a set goes as a "
                                      "whole", what);
    return a.set ? delete_set(&a, yes) : delete_dir(a.dir, what, yes);
}
