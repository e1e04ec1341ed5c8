/*
 * intake.h - input that has come for a task of a launcher, and that its pipe
 * had no room for when it was put back.
 *
 * It stands in D/input/<number of the launcher>/<task>: a number of 64 bits
 * (host's byte order), how many of the bytes that follow have been put into
 * the pipe since, and the bytes. The runtime of a process of the task puts the
 * rest in when there is room (runtime/intake.c), and removes the file then. As
 * long as there is one, the launcher reads nothing more (runtime/input.c): what
 * it would send comes behind that. Usable without libc.
 */
#ifndef CKPT_LIB_IMAGE_INTAKE_H
#define CKPT_LIB_IMAGE_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#define CK_INTAKE_DIR "input"
#define CK_INTAKE_HEAD 8 /* bytes before the data */

/* The file of a tree, into buf; 0, or -EINVAL: it is no launcher's task. */
int ck_intake_path(char *buf, size_t cap, const char *job_dir,
                   const char *tree);
/* Opens it anew, empty, for writing; makes the directories. -errno. */
int ck_intake_make(const char *job_dir, const char *tree);
/* Is there one of a task of launcher `vpid`? */
int ck_intake_any(const char *job_dir, uint32_t vpid);
/* Removes those of an earlier launcher of this number. */
void ck_intake_clear(const char *job_dir, uint32_t vpid);

#endif
