/*
 * log.h - what a hosted program has to say.
 *
 * A tool's messages go to stderr as "ckpt: text". The coordinator and the
 * helpers write to D/log: lines "2026-01-31T12:00:00.123 name[pid] text".
 * One write() per line, so that lines of several processes do not mix. A
 * message that cannot be written is dropped: logging never fails a caller.
 */
#ifndef CKPT_LIB_BASE_LOG_H
#define CKPT_LIB_BASE_LOG_H

#include <stdarg.h>

/* Before main's work: messages go to stderr, with this prefix ("ckpt"). */
void ck_log_stderr(const char *prefix);
/* From here on messages go to the file at path (appended, created 0600)
 * under this name. 0 or -errno; stderr is kept on failure. */
int ck_log_file(const char *path, const char *name);
/* With a file: also to stderr (an interactive coordinator). */
void ck_log_also_stderr(int on);

void ck_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void ck_vlog(const char *fmt, va_list ap);
/* Only when CKPT_DEBUG is set in the environment. */
void ck_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
