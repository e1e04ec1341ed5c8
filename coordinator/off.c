/*
 * off.c - tasks that run without us.
 *
 * Where the runtime does not work on a node, or did not reach us, the plugin
 * lets a task run all the same, and leaves D/off.<tree> with the reason until
 * it has ended. Nobody connects for it. A set without it would be half a
 * step: at a restart this task would begin anew beside the others. So none is
 * taken as long as it is there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/coord.h"
#include "coordinator/obstacles.h"
#include "lib/base/jobdir.h"
#include "lib/sys/fmt.h"

/* A name; NULL: there is none (left). */
static const char *next(DIR *d)
{
    struct dirent *e;

    while (d && (e = readdir(d)))
        if (strncmp(e->d_name, CK_OFF_FILE, strlen(CK_OFF_FILE)) == 0)
            return e->d_name;
    return NULL;
}

int ck_off_check(const struct ck_coord *c, struct ck_err *e)
{
    DIR *d = opendir(c->opt.dir);
    const char *name = next(d);
    char path[CK_PATH], why[600] = "";
    int r = 0;

    if (name) {
        if (ck_jobdir_path(path, sizeof path, c->opt.dir, "%s", name) == 0)
            ck_read_file(path, why, sizeof why);
        why[strcspn(why, "\n")] = '\0';
        r = ck_err(e, -EBUSY, "task %s runs without checkpoints: %s",
                   name + strlen(CK_OFF_FILE), why);
    }
    if (d)
        closedir(d);
    return r;
}

void ck_off_forget(const struct ck_coord *c)
{
    DIR *d = opendir(c->opt.dir);
    const char *name;

    while ((name = next(d)))
        unlinkat(dirfd(d), name, 0);
    if (d)
        closedir(d);
}
