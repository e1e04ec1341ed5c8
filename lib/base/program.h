/*
 * program.h - can this program be checkpointed? Looked at before it runs,
 * since a program without our runtime would run without any checkpoint.
 *
 * Accepted: dynamically linked x86-64 ELF whose interpreter is glibc's, and
 * scripts whose interpreter is one. Refused by name: static, set-uid,
 * set-gid, another libc, another architecture, not executable, not there.
 */
#ifndef CKPT_LIB_BASE_PROGRAM_H
#define CKPT_LIB_BASE_PROGRAM_H

#include "lib/base/err.h"
#include "lib/base/paths.h"

/* prog: as typed; looked for in $PATH if it has no slash. path (CK_PATH):
 * what will be executed. 0; -ENOENT, -EACCES, -ENOEXEC with the reason. */
int ck_program_check(const char *prog, char *path, struct ck_err *e);

#endif
