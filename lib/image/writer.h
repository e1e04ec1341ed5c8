/*
 * writer.h - writes one image file, from several threads at once.
 *
 * Runs inside users' processes: no libc, no allocation; all memory is the
 * caller's. Blocks may be written by any number of threads, each with its
 * own scratch; begin, stream, records and finish by one thread. The first
 * error sticks: every later call returns it, and finish fails. A file whose
 * finish did not return 0 is not an image; removing it is the caller's.
 *
 *     ck_imgw_begin(&w, fd, CK_IMAGE_PROCESS, mem, memlen);
 *     ck_imgw_stream(&w, &s, 0, max_blocks);
 *     (threads)  ck_imgw_block(&w, &s, scratch, runs, nruns);
 *     CK_IMGW_RECORD(&w, CK_TAG_AREA, ck_area, &area);
 *     ck_imgw_finish(&w, &bytes, &checksum);
 */
#ifndef CKPT_LIB_IMAGE_WRITER_H
#define CKPT_LIB_IMAGE_WRITER_H

#include "lib/image/format.h"

/* What one worker needs: LZ4's state, gathered pages, one whole block. */
#define CK_IMGW_LZ4_STATE (1u << 15)
#define CK_IMGW_BLOCK_MAX \
    (CK_BLOCK_HEADER_SIZE + CK_BLOCK_RUNS_MAX * CK_RUN_SIZE + CK_BLOCK_RAW_MAX)
#define CK_IMGW_SCRATCH_SIZE \
    (CK_IMGW_LZ4_STATE + CK_BLOCK_RAW_MAX + CK_IMGW_BLOCK_MAX + 64u)

/* What begin's memory must hold: for each record its strings and blobs and
 * CK_IMGW_RECORD_MEM, for each stream CK_IMGW_STREAM_MEM(its max_blocks). */
#define CK_IMGW_RECORD_MEM 256u
#define CK_IMGW_STREAM_MEM(blocks) (128u + 32u * (size_t)(blocks))

/* One stream of blocks; the struct is the caller's and lives until finish. */
struct ck_imgw_stream {
    struct ck_imgw_stream *next;
    uint64_t id;
    uint64_t *offset;
    uint64_t *sum;
    uint32_t cap;
    uint32_t count;     /* atomic */
    uint64_t raw_bytes; /* atomic */
};

struct ck_imgw {
    int fd;
    int err;             /* atomic: first error, 0 or -errno */
    uint64_t pos;        /* atomic: where the next block goes; bytes so far */
    uint64_t raw_bytes;  /* atomic: payload before compression */
    size_t record;       /* where the record being written begins */
    struct ck_wr index;  /* grows upwards from mem; slots downwards */
    struct ck_imgw_stream *streams;
};

/* Every function: 0 or -errno. -ENOSPC: the disk or the caller's memory is
 * full (mem_full tells which); -EINVAL: the caller broke a rule. */
int ck_imgw_begin(struct ck_imgw *w, int fd, enum ck_image_kind kind,
                  void *mem, size_t memlen);
int ck_imgw_stream(struct ck_imgw *w, struct ck_imgw_stream *s, uint64_t id,
                   uint32_t max_blocks);

/* One block of the bytes at runs[].addr in this process; at most
 * CK_BLOCK_RUNS_MAX runs and CK_BLOCK_RAW_MAX bytes. The memory must be
 * readable; if it changes meanwhile the block is still a valid one. */
int ck_imgw_block(struct ck_imgw *w, struct ck_imgw_stream *s, void *scratch,
                  const struct ck_run *runs, uint32_t nruns);
/* The same for bytes that lie in `data`, one run behind the other. */
int ck_imgw_block_buf(struct ck_imgw *w, struct ck_imgw_stream *s,
                      void *scratch, const struct ck_run *runs,
                      uint32_t nruns, const void *data);

/* Makes `err` the file's error, from any thread, if it has none yet. */
void ck_imgw_fail(struct ck_imgw *w, int err);
static inline int ck_imgw_err(const struct ck_imgw *w)
{
    return __atomic_load_n(&w->err, __ATOMIC_ACQUIRE);
}
/* True when the error came from too little memory given to begin. */
static inline int ck_imgw_mem_full(const struct ck_imgw *w)
{
    return __atomic_load_n(&w->index.bad, __ATOMIC_RELAXED);
}

void ck_imgw_record_begin(struct ck_imgw *w, enum ck_tag tag);
int ck_imgw_record_end(struct ck_imgw *w);
#define CK_IMGW_RECORD(w, TAG, rec, ptr)                                    \
    __extension__({                                                         \
        ck_imgw_record_begin((w), (TAG));                                   \
        rec##_put(&(w)->index, (ptr));                                      \
        ck_imgw_record_end(w);                                              \
    })

/* Writes BLOCKS records, index and footer, and syncs. *bytes: file size;
 * *checksum: the index's sum, which covers every block's sum: these two
 * are what the manifest says of this file. */
int ck_imgw_finish(struct ck_imgw *w, uint64_t *bytes, uint64_t *checksum);

#endif
