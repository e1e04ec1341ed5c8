/* program.c - see program.h. */
#include "lib/base/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/sys/program.h"

/* As execvp does it, but the reason is kept. */
static int in_path(const char *prog, char *path, struct ck_err *e)
{
    const char *p = ck_env(CK_ENV_PATH);
    int seen = 0;

    if (strchr(prog, '/')) {
        if (strlen(prog) >= CK_PATH)
            return ck_err(e, -ENAMETOOLONG, "%s: path too long", prog);
        strcpy(path, prog);
        return 0;
    }
    if (!p)
        p = "/usr/local/bin:/usr/bin:/bin";
    while (*p) {
        size_t n = strcspn(p, ":");
        struct stat st;

        snprintf(path, CK_PATH, "%.*s%s%s", (int)n, p, n ? "/" : "./", prog);
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            if (access(path, X_OK) == 0)
                return 0;
            seen = 1;
        }
        p += n;
        if (*p)
            p++;
    }
    if (seen)
        return ck_err(e, -EACCES, "%s: found in PATH, but not executable",
                      prog);
    return ck_err(e, -ENOENT, "%s: not found in PATH", prog);
}

int ck_program_check(const char *prog, char *path, struct ck_err *e)
{
    struct ck_program p;
    int r = in_path(prog, path, e);

    if (r < 0)
        return r;
    r = (int)ck_program_look(path, &p);
    if (r == 0)
        return 0;
    if (!p.why[0])
        return ck_err_sys(e, r, "%s", p.at);
    return ck_err(e, r, "%s%s%s %s%s", p.scripts ? path : "",
                  p.scripts ? ": its interpreter: " : "", p.at, p.why,
                  p.outside ? ": it cannot be checkpointed" : "");
}
