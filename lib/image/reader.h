/*
 * reader.h - reads one image file. A file is hostile until its sums agree,
 * and its numbers are bounds-checked even then.
 *
 * No libc, no allocation, no relocation: the restorer uses it. All memory
 * is the caller's. Reading is by pread, so threads may share `r` and `fd`.
 * Errors: -EBADMSG: damaged or cut off; -EPROTONOSUPPORT: a version, tag or
 * codec this reader does not know; -ENOSPC: the caller's memory is too
 * small; -EPERM: a run outside what the caller permitted; else what pread
 * said. ck_imgr_strerror says it in words.
 */
#ifndef CKPT_LIB_IMAGE_READER_H
#define CKPT_LIB_IMAGE_READER_H

#include "lib/image/format.h"

#define CK_IMGR_BLOCK_MAX \
    (CK_BLOCK_HEADER_SIZE + CK_BLOCK_RUNS_MAX * CK_RUN_SIZE + CK_BLOCK_RAW_MAX)
/* Scratch of one reading thread: stored block, runs, payload. */
#define CK_IMGR_SCRATCH_SIZE                                                \
    (CK_IMGR_BLOCK_MAX + CK_BLOCK_RUNS_MAX * CK_RUN_SIZE +                  \
     CK_BLOCK_RAW_MAX + 64u)

struct ck_imgr {
    int fd;
    uint16_t kind;      /* enum ck_image_kind */
    uint64_t size;      /* of the file */
    uint64_t index_off;
    uint64_t index_len;
    uint64_t checksum;  /* the index's sum: as in the manifest */
    const uint8_t *index;
};

/* Reads header and footer. Then index_len says how much load needs. */
int ck_imgr_open(struct ck_imgr *r, int fd);
/* Reads the index into mem (index_len bytes, which must outlive r), checks
 * its sum and the frame of every record. */
int ck_imgr_load(struct ck_imgr *r, void *mem, size_t cap);

/*
 * Walks the records: 1 and *tag, *body (for ck_area_get and so on), 0 at
 * the end, or an error.
 *     struct ck_rd at, body; uint16_t tag;
 *     ck_imgr_records(&r, &at);
 *     while ((rc = ck_imgr_next(&at, &tag, &body)) > 0) ...
 */
void ck_imgr_records(const struct ck_imgr *r, struct ck_rd *at);
int ck_imgr_next(struct ck_rd *at, uint16_t *tag, struct ck_rd *body);

/* The blocks of a stream: id, count, raw_bytes, and (offset, sum) of each. */
struct ck_imgr_stream {
    uint64_t id;
    uint64_t raw_bytes;
    uint32_t count;
    const uint8_t *offsets;
    const uint8_t *sums;
};
/* From the body of a BLOCKS record. */
int ck_imgr_stream_get(struct ck_rd *body, struct ck_imgr_stream *s);
/* Finds it by id: 0, or -ENOENT (a stream without blocks has no record). */
int ck_imgr_stream_find(const struct ck_imgr *r, uint64_t id,
                        struct ck_imgr_stream *s);

/* One block, read and checked. Everything points into the scratch. */
struct ck_imgr_block {
    uint16_t codec;
    uint32_t nruns;
    uint32_t raw_len;
    uint64_t stored;          /* its whole size in the file */
    const struct ck_run *run;
    const uint8_t *data;      /* raw_len bytes: the runs one after another */
};
/* i: 0 .. s->count-1. scratch: CK_IMGR_SCRATCH_SIZE bytes. */
int ck_imgr_block(const struct ck_imgr *r, const struct ck_imgr_stream *s,
                  uint32_t i, void *scratch, struct ck_imgr_block *b);

/* Permitted target addresses [start, end), sorted, not overlapping. */
struct ck_imgr_range {
    uint64_t start, end;
};
/* Reads a block and puts its runs at their addresses in this process. A run
 * that is not wholly inside ONE range: -EPERM, and nothing was written.
 * Returns the payload's length, or an error. b: NULL, or gets nruns and run
 * (which point into the scratch), and nothing else. */
long ck_imgr_block_to_memory(const struct ck_imgr *r,
                             const struct ck_imgr_stream *s, uint32_t i,
                             void *scratch, const struct ck_imgr_range *ok,
                             uint32_t nok, struct ck_imgr_block *b);

/* Checks blocks part, part + of, ... of each stream, so that threads may
 * split the work, and adds their stored bytes to *bytes. When all parts are
 * done, ck_imgr_complete says whether header, blocks, index and footer fill
 * the file: 0 or -EBADMSG. */
int ck_imgr_verify(const struct ck_imgr *r, void *scratch, unsigned part,
                   unsigned of, uint64_t *bytes);
int ck_imgr_complete(const struct ck_imgr *r, uint64_t bytes);

/* In words that go on after "is", into buf (no table of strings: those need
 * relocations). */
const char *ck_imgr_strerror(int err, char *buf, size_t cap);

#endif
