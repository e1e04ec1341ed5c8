/*
 * cli.h - the sub-commands of `ckpt`, one file each.
 *
 * A command gets argc and argv with argv[0] its own name, prints data to
 * stdout and messages to stderr, and returns the exit status: 0 success,
 * 1 failure, 2 wrong usage. `--help` prints its usage to stdout: 0.
 */
#ifndef CKPT_CLI_CLI_H
#define CKPT_CLI_CLI_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/paths.h"

int ck_cmd_launch(int argc, char **argv);
int ck_cmd_checkpoint(int argc, char **argv);
int ck_cmd_restart(int argc, char **argv);
int ck_cmd_status(int argc, char **argv);
int ck_cmd_list(int argc, char **argv);
int ck_cmd_inspect(int argc, char **argv);
int ck_cmd_verify(int argc, char **argv);
int ck_cmd_prune(int argc, char **argv);
int ck_cmd_delete(int argc, char **argv);
int ck_cmd_check(int argc, char **argv);
int ck_cmd_quit(int argc, char **argv);
int ck_cmd_kill(int argc, char **argv);
int ck_cmd_coordinator(int argc, char **argv);
int ck_cmd_ended(int argc, char **argv);
int ck_cmd_capture(int argc, char **argv); /* run by the runtime only */
int ck_cmd_works(int argc, char **argv);   /* run by the plugin only */

/* "ckpt: CMD: text (ckpt CMD --help)" to stderr; returns 2. */
int ck_cli_usage(const char *cmd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* "ckpt: text" to stderr; returns 1. */
int ck_cli_fail(const struct ck_err *e);
/* Writes the usage to stdout; returns 0, or 1 if that failed. */
int ck_cli_help(const char *text);
/* Flushes stdout: 0, or 1 with a message when the data did not arrive. */
int ck_cli_done(void);

/* The one computation that --dir or an argument behind the options names
 * (argv[from], may be missing). 0, or an exit status after its message. */
int ck_cli_target(const char *cmd, const char *dir_option, int argc,
                  char **argv, int from, char dir[CK_PATH]);

/* Whole decimal number in [min, max]. 0 or -EINVAL. */
int ck_cli_number(const char *s, uint32_t min, uint32_t max, uint32_t *out);

/* Milliseconds on the monotonic clock. */
int64_t ck_now_ms(void);
void ck_sleep_ms(int ms);

/* What a shell makes of a wait status: the exit code, or 128+signal. */
int ck_exit_code(int wait_status);

#endif
