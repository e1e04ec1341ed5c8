/*
 * stdio.h - what a tree's root was given: its descriptors 0, 1 and 2, and
 * those above that whoever started it left open and that lead outside (pipes,
 * sockets, terminals).
 *
 * The text of CKPT_STDIO has "number=kind:dev:ino" for each, decimal, with
 * commas between; kind is t (terminal), p (pipe or named pipe), s (socket),
 * f (file or directory), d (another device). Usable without libc.
 */
#ifndef CKPT_LIB_IMAGE_STDIO_H
#define CKPT_LIB_IMAGE_STDIO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define CK_STDIO_MAX 2048
#define CK_GIVEN_MAX 48 /* what is above that many is nobody's matter here */

/* number: the program's; fd: where this process has it. */
struct ck_given {
    uint32_t number;
    int fd;
};

/* What this process itself was given, in the order of numbers. */
size_t ck_given_here(struct ck_given *v, size_t cap);
/* Their CKPT_STDIO. Length, or -ENAMETOOLONG. */
int ck_given_ids(const struct ck_given *v, size_t n, char *buf, size_t cap);
/* Numbers in `ids` whose identity is that of st; how many. */
size_t ck_given_numbers(const char *ids, const struct stat *st, uint32_t *out,
                        size_t cap);

#endif
