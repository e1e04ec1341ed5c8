/*
 * outputs.c - the files that slurmstepd writes for its tasks: with --label, of
 * an -o or -e that has %t or %N in it. Without it the tasks have them open.
 *
 * No process of the computation has them, so what they were like at a
 * checkpoint has to be noted by name. A task still has a copy of slurmstepd's
 * descriptors here, also of the files of others: these are passed over where
 * its own output goes to a file. Without the list the files stay as they are.
 */
#include "spank/plugin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/jobdir.h"
#include "lib/base/undo.h"

/* The name of what it appends to as the user; 0: it is no such thing. */
static size_t name_of(int fd, char *name, size_t cap)
{
    char link[40];
    struct stat st, there;
    int flags = fcntl(fd, F_GETFL);
    ssize_t n;

    if (fd <= 2 || flags < 0 || (flags & O_ACCMODE) != O_WRONLY ||
        !(flags & O_APPEND) || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_uid != ck_plugin.uid)
        return 0;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, name, cap - 1);
    if (n <= 0)
        return 0;
    name[n] = 0;
    return lstat(name, &there) == 0 && there.st_ino == st.st_ino &&
                   there.st_dev == st.st_dev
               ? (size_t)n + 1 : 0;
}

static int is_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

void ck_outputs_note(const char *tree)
{
    char path[CK_PATH], text[CK_OUTPUTS_MAX - 1];
    size_t n = 0, cap = sizeof(text);
    DIR *d = is_file(1) || is_file(2) ? NULL : opendir("/proc/self/fd");
    struct dirent *e;

    while (d && (e = readdir(d)) && n + CK_PATH < cap)
        if (e->d_name[0] != '.')
            n += name_of(atoi(e->d_name), text + n, CK_PATH);
    if (d)
        closedir(d);
    if (ck_jobdir_path(path, sizeof(path), ck_plugin.dir, "outputs.%s",
                       tree) < 0)
        return;
    if (n)
        ck_jobdir_replace(path, text, n, NULL);
    else
        unlink(path);
}
