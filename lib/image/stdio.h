/*
 * stdio.h - identity of what a tree's root has as descriptors 0, 1, 2.
 *
 * "kind:dev:ino", decimal; kind is t (terminal), p (pipe or named pipe),
 * s (socket), f (file or directory), d (another device), n (closed, "n:0:0").
 * Three of them, with commas between, are CKPT_STDIO. Usable without libc.
 */
#ifndef CKPT_LIB_IMAGE_STDIO_H
#define CKPT_LIB_IMAGE_STDIO_H

#include <stddef.h>
#include <sys/stat.h>

#define CK_STDIO_MAX 200

/* Of an open descriptor; st NULL: closed. Length, or -ENAMETOOLONG. */
int ck_stdio_id(const struct stat *st, char *buf, size_t cap);
/* The whole CKPT_STDIO of three descriptors of this process. */
int ck_stdio_ids(const int fd[3], char *buf, size_t cap);
/* Bit n is set when the n-th identity in `ids` is that of st. */
unsigned ck_stdio_slots(const char *ids, const struct stat *st);

#endif
