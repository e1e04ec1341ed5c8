/*
 * jobdir.c - which directory is the job's.
 *
 * The step that starts the coordinator decides: DIR/ckpt.<job id>, DIR being
 * --checkpoint-dir (%u: user, %j: job id) or the working directory. The id
 * is always part of it, so that two jobs never share one. Steps inside find
 * it in their environment, or, when that was not passed on, by the name that
 * was registered for the step or the job.
 */
#include "spank/plugin.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/conn.h"
#include "lib/base/jobdir.h"

#define ANSWER_MS 5000

static int fail(const char *why)
{
    snprintf(ck_plugin.problem, sizeof(ck_plugin.problem), "%.900s", why);
    return -1;
}

void ck_dir_name(char *buf, size_t cap)
{
    /* it may have siblings in its allocation */
    if (ck_plugin.step == CK_STEP_ALONE)
        snprintf(buf, cap, "%u.%u", ck_plugin.job, ck_plugin.stepid);
    else
        snprintf(buf, cap, "%u", ck_plugin.job);
}

/* %u and %j in --checkpoint-dir. 0 or -1: too long or unknown. */
static int expand(char *out, size_t cap, const char *in)
{
    size_t n = 0;

    for (; *in; in++) {
        char text[256] = {*in, 0};

        if (*in == '%' && in[1]) {
            struct passwd *pw = NULL;

            in++;
            if (*in == 'u' && (pw = getpwuid(ck_plugin.uid)))
                snprintf(text, sizeof(text), "%s", pw->pw_name);
            else if (*in == 'u')
                snprintf(text, sizeof(text), "%u", (unsigned)ck_plugin.uid);
            else if (*in == 'j')
                snprintf(text, sizeof(text), "%u", ck_plugin.job);
            else if (*in == '%')
                snprintf(text, sizeof(text), "%%");
            else
                return -1;
        }
        if (n + strlen(text) >= cap)
            return -1;
        strcpy(out + n, text);
        n += strlen(text);
    }
    out[n] = 0;
    return 0;
}

static int own_dir(void)
{
    const char *site = ck_plugin.config.dir;
    char base[CK_PATH] = "", cwd[CK_PATH], name[64];
    int n;

    ck_dir_name(name, sizeof(name));
    if (!getcwd(cwd, sizeof(cwd)))
        return fail("the working directory cannot be found");
    if (*site && expand(base, sizeof(base), site) < 0)
        return fail("--checkpoint-dir: too long, or a % that is not %u, %j "
                    "or %%");
    if (base[0] == '/')
        n = snprintf(ck_plugin.dir, CK_PATH, "%s/ckpt.%s", base, name);
    else if (base[0])
        n = snprintf(ck_plugin.dir, CK_PATH, "%s/%s/ckpt.%s", cwd, base, name);
    else
        n = snprintf(ck_plugin.dir, CK_PATH, "%s/ckpt.%s", cwd, name);
    if (n < 0 || n >= CK_PATH) {
        ck_plugin.dir[0] = 0;
        return fail("the path of the job directory is too long");
    }
    return 0;
}

/* ~/.ckpt/jobs/<name>. There may be no HOME in env. */
int ck_dir_registered(char **env, const char *name)
{
    const char *home = ck_envp_get(env, "HOME");
    char link[CK_PATH];
    struct passwd *pw;
    ssize_t n;

    if (!home && (pw = getpwuid(ck_plugin.uid)))
        home = pw->pw_dir;
    if (!home || snprintf(link, sizeof(link), "%s/.ckpt/jobs/%s", home,
                          name) >= (int)sizeof(link))
        return 0;
    n = readlink(link, ck_plugin.dir, CK_PATH - 1);
    if (n <= 0)
        return 0;
    ck_plugin.dir[n] = 0;
    return ck_jobdir_check(ck_plugin.dir, NULL, NULL) == 0;
}

/* Of this step, or of the whole job. An old link may be there, of a job that
 * once had this number. */
int ck_dir_of_job(char **env)
{
    struct ck_err e = {"it is not registered"};
    char name[32];

    for (int whole = 0; whole <= 1; whole++) {
        snprintf(name, sizeof(name), whole ? "%u" : "%u.%u", ck_plugin.job,
                 ck_plugin.stepid);
        if (ck_dir_registered(env, name) &&
            ck_conn_alive(ck_plugin.dir, ANSWER_MS, &e) == 1)
            return 0;
    }
    ck_plugin.dir[0] = 0;
    snprintf(ck_plugin.problem, sizeof(ck_plugin.problem),
             "the coordinator of job %u cannot be found: %.800s",
             ck_plugin.job, e.text);
    return -1;
}

int ck_dir_find(char **env)
{
    const char *inherited = ck_envp_get(env, "CKPT_DIR");

    if (ck_plugin.step != CK_STEP_INNER)
        return own_dir();
    if (!inherited || inherited[0] != '/' || strlen(inherited) >= CK_PATH)
        return ck_dir_of_job(env);
    strcpy(ck_plugin.dir, inherited);
    return 0;
}
