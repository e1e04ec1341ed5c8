/* setarg.c - see setarg.h. */
#include "cli/setarg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/base/jobdir.h"

/* Is this the path of a set? real: without a slash at the end. */
static int set_dir(const char *real, struct ck_setarg *a)
{
    const char *slash = strrchr(real, '/');

    a->set = ck_jobdir_set_number(slash ? slash + 1 : real);
    if (!a->set)
        return 0;
    snprintf(a->dir, sizeof(a->dir), "%.*s", slash ? (int)(slash - real) : 0,
             real);
    return 1;
}

int ck_setarg(const char *cmd, const char *what, uint32_t set,
              struct ck_setarg *a)
{
    char *real = NULL;
    struct ck_err e;
    struct stat st;
    int found = 0;

    memset(a, 0, sizeof(*a));
    if (what && !*what)
        return ck_cli_usage(cmd, "an empty name");
    if (what && !stat(what, &st))
        real = realpath(what, NULL);
    if (real && strlen(real) < CK_PATH) {
        if (S_ISREG(st.st_mode)) {
            strcpy(a->image, real);
            found = 1;
        } else if (S_ISDIR(st.st_mode)) {
            found = set_dir(real, a);
        }
    }
    if (what && !real && set_dir(what, a)) {
        ck_err(&e, -ENOENT, "there is no image set %s", what);
        return ck_cli_fail(&e);
    }
    free(real);
    if (found && set)
        return ck_cli_usage(cmd, "--set goes with a job directory, not "
                                 "with %s", what);
    if (found)
        return 0;
    a->set = set;
    return ck_jobdir_resolve(what, a->dir, &e) < 0 ? ck_cli_fail(&e) : 0;
}

void ck_set_progress(void *arg, uint64_t done, uint64_t total)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (done >= total)
        fprintf(stderr, "\r\033[K");
    else
        fprintf(stderr, "\r\033[Kverifying %s: %d %%", (const char *)arg,
                (int)((double)done * 100 / (double)total));
    fflush(stderr);
}

void ck_ratio_text(char *buf, size_t cap, uint64_t raw, uint64_t stored)
{
    if (raw && stored)
        snprintf(buf, cap, "%.1fx", (double)raw / (double)stored);
    else
        snprintf(buf, cap, "-");
}

void ck_time_text(char *buf, size_t cap, uint64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;

    if (!localtime_r(&t, &tm) ||
        !strftime(buf, cap, "%Y-%m-%d %H:%M:%S", &tm))
        snprintf(buf, cap, "?");
}
