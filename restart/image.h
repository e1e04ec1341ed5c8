/*
 * image.h - a tree image in memory, decoded, and what it holds of contents
 * (hosted; image.c). Used by the restart and by `ckpt inspect`.
 */
#ifndef CKPT_RESTART_IMAGE_H
#define CKPT_RESTART_IMAGE_H

#include "lib/image/reader.h"
#include "lib/res/res.h"
#include "restart/plan.h"

struct ck_tree_file {
    struct ck_res_source source; /* contents by OFD id */
    struct ck_tree_image img;
    struct ck_imgr r;
    void *index, *scratch;
    int fd;
};

/* 0, or -errno and a reason. close: also after a failure. */
int ck_tree_open(struct ck_tree_file *t, const char *path, char *why,
                 size_t cap);
void ck_tree_close(struct ck_tree_file *t);

/* Opens any image and loads its index, which *index points at afterwards
 * and the caller frees. Returns the descriptor, or -errno and a reason. */
int ck_restart_open_image(const char *path, struct ck_imgr *r, void **index,
                          char *why, size_t cap);

/* Every byte of a stream, in pieces. put as in struct ck_res_source. */
int ck_restart_each_block(const struct ck_imgr *r, uint64_t stream,
                          void *scratch,
                          int (*put)(void *arg, uint64_t off, const void *p,
                                     size_t n),
                          void *arg);

#endif
