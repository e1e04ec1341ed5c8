/*
 * conn.h - a control connection to the coordinator of a job directory.
 *
 * Every call has a limit and, when it is over, says who did not answer.
 * What the coordinator sends is bounds-checked by lib/proto. Usage: open,
 * run one command (the coordinator answers one at a time), close.
 */
#ifndef CKPT_LIB_BASE_CONN_H
#define CKPT_LIB_BASE_CONN_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/base/jobdir.h"

struct ck_conn;

/* dir: absolute. -ECONNREFUSED / -ENOENT: no coordinator answers for it;
 * -EACCES: it does not accept our key; -ETIMEDOUT. */
int ck_conn_open(const char *dir, int limit_ms, struct ck_conn **out,
                 struct ck_err *e);
void ck_conn_close(struct ck_conn *c); /* NULL is fine */
pid_t ck_conn_pid(const struct ck_conn *c); /* of the coordinator; 0: not known */

/* One answer. code: 0, or negative errno of what was asked. text: valid
 * until the callback returns. Nonzero from the callback ends the waiting
 * and is returned by ck_conn_run. */
typedef int ck_reply_fn(void *arg, int code, int final, const char *text);

/* Sends COMMAND and gives every REPLY to fn, until the final one. limit_ms:
 * between two answers (-1: none). Returns the final reply's code with its
 * text in e when negative; -ETIMEDOUT, -ECONNRESET. */
int ck_conn_run(struct ck_conn *c, uint8_t cmd, uint32_t flags, uint32_t arg,
                int limit_ms, ck_reply_fn *fn, void *fn_arg,
                struct ck_err *e);

/* 1 if a coordinator answers for dir, 0 if surely none does, negative if it
 * is there but could not be asked. */
int ck_conn_alive(const char *dir, int limit_ms, struct ck_err *e);

#endif
