/*
 * cli.h - the sub-commands of `ckpt`, one file each.
 *
 * A command gets argc and argv with argv[0] its own name, prints data to
 * stdout and messages to stderr, and returns the exit status: 0 success,
 * 1 failure, 2 wrong usage. `--help` prints its usage to stdout: 0.
 */
#ifndef CKPT_CLI_CLI_H
#define CKPT_CLI_CLI_H

#include "lib/base/err.h"

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
int ck_cmd_capture(int argc, char **argv); /* run by the runtime only */

/* "ckpt: CMD: text (ckpt CMD --help)" to stderr; returns 2. */
int ck_cli_usage(const char *cmd, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* "ckpt: text" to stderr; returns 1. */
int ck_cli_fail(const struct ck_err *e);

#endif
