/* cli.c - what the commands share; see cli.h. */
#include "cli/cli.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/base/jobdir.h"
#include "lib/base/log.h"

int ck_cli_usage(const char *cmd, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    ck_log("%s: %s (see `ckpt %s --help`)", cmd, text, cmd);
    return 2;
}

int ck_cli_fail(const struct ck_err *e)
{
    ck_log("%s", e->text);
    return 1;
}

int ck_cli_done(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    ck_log("cannot write to standard output: %s", strerror(errno));
    return 1;
}

int ck_cli_help(const char *text)
{
    fputs(text, stdout);
    return ck_cli_done();
}

int ck_cli_target(const char *cmd, const char *dir_option, int argc,
                  char **argv, int from, char dir[CK_PATH])
{
    const char *what = from < argc ? argv[from] : NULL;
    struct ck_err e;

    if (argc - from > 1 || (dir_option && what))
        return ck_cli_usage(cmd, "more than one computation is named");
    if (dir_option) {
        if (ck_jobdir_check(dir_option, dir, &e) < 0)
            return ck_cli_fail(&e);
        return 0;
    }
    if (what && !*what)
        return ck_cli_usage(cmd, "an empty name");
    return ck_jobdir_resolve(what, dir, &e) < 0 ? ck_cli_fail(&e) : 0;
}

int ck_cli_number(const char *s, uint32_t min, uint32_t max, uint32_t *out)
{
    char *end;
    unsigned long v;

    if (!isdigit((unsigned char)*s))
        return -EINVAL;
    errno = 0;
    v = strtoul(s, &end, 10);
    if (errno || *end || v < min || v > max)
        return -EINVAL;
    *out = (uint32_t)v;
    return 0;
}

int64_t ck_now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void ck_sleep_ms(int ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};

    nanosleep(&ts, NULL); /* cut short by a signal: the caller polls */
}

int ck_exit_code(int wait_status)
{
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                  : 128 + WTERMSIG(wait_status);
}
