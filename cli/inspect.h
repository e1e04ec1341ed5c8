/*
 * inspect.h - the parts of `ckpt inspect`: one prints an image, one what
 * the processes of a tree are and have open.
 *
 * Each prints text to stdout when j is NULL, else adds an object to the
 * document. They return 0, or -errno with the reason in e.
 */
#ifndef CKPT_CLI_INSPECT_H
#define CKPT_CLI_INSPECT_H

#include "lib/base/err.h"
#include "lib/base/imgfile.h"
#include "lib/base/json.h"

int ck_inspect_image(const char *path, struct ck_json *j, struct ck_err *e);
/* Processes and descriptors of a tree image. */
int ck_inspect_tree(const struct ck_imgfile *f, struct ck_json *j,
                    struct ck_err *e);

#endif
