/*
 * contents.h - what an object that is made anew has in it, and is like.
 */
#ifndef CKPT_LIB_RES_CONTENTS_H
#define CKPT_LIB_RES_CONTENTS_H

#include <sys/stat.h>

#include "lib/wire/record.h"

/* What path, of which st is, is like beside its contents (attr.c), until the
 * next one. */
void ck_res_attr_save(const char *path, const struct stat *st,
                      struct ck_blob *out);
/* How many pieces the contents of a file take (contents.c). */
uint64_t ck_res_contents_pieces(int fd, uint64_t size);

#endif
