/*
 * imgfile.h - an image file, open, with its index in memory. Hosted.
 *
 * Records are walked with ck_imgr_records and ck_imgr_next on `r`; strings
 * that they give point into the index and live until close.
 */
#ifndef CKPT_LIB_BASE_IMGFILE_H
#define CKPT_LIB_BASE_IMGFILE_H

#include "lib/base/err.h"
#include "lib/image/reader.h"

struct ck_imgfile {
    int fd;
    struct ck_imgr r;
    void *index;
};

/* Header, footer and index are good. 0, or -errno with a text that begins
 * with the path. */
int ck_imgfile_open(struct ck_imgfile *f, const char *path,
                    struct ck_err *e);
void ck_imgfile_close(struct ck_imgfile *f); /* a zeroed one is fine */

/* Number of records with this tag; decoding them is the caller's. */
size_t ck_imgfile_count(const struct ck_imgfile *f, uint16_t tag);

#endif
