/*
 * format.h - what an image file consists of. docs/image-format.md is the
 * normative text; this file declares it once for writer, reader, inspect.
 *
 * File = header, blocks, index, footer. A block carries page data (or any
 * bytes): its own checksum, its runs, its payload, LZ4 or raw. The index is
 * a sequence of tagged records. The footer says where the index is. A file
 * without a good footer is not an image. Usable without libc.
 */
#ifndef CKPT_LIB_IMAGE_FORMAT_H
#define CKPT_LIB_IMAGE_FORMAT_H

#include "lib/wire/record.h"

#define CK_IMAGE_VERSION 3
#define CK_IMAGE_MAGIC "CKPTIMG\n"
#define CK_FOOTER_MAGIC "CKPTEND\n"
#define CK_RECORD_VERSION 2 /* of every index record */
#define CK_MACHINE 62u      /* EM_X86_64 */
#define CK_BLOCK_MAGIC 0x4b4c4243u /* "CBLK" */
#define CK_HEADER_SIZE 32
#define CK_FOOTER_SIZE 32
#define CK_BLOCK_HEADER_SIZE 24
#define CK_RUN_SIZE 16
#define CK_BLOCK_RAW_MAX (1u << 20) /* payload bytes before compression */
#define CK_BLOCK_RUNS_MAX 256

enum ck_image_kind {
    CK_IMAGE_PROCESS = 1, /* memory and threads of one process */
    CK_IMAGE_TREE = 2,    /* what the processes of one tree share */
};

enum ck_codec { CK_CODEC_RAW = 0, CK_CODEC_LZ4 = 1 };

/* magic (8 raw bytes) stands before each. */
#define CK_HEADER_FIELDS(F) \
    F(U16, version) F(U16, kind) F(U32, machine) F(U64, reserved) F(U64, sum)
#define CK_FOOTER_FIELDS(F) F(U64, index_off) F(U64, index_len) F(U64, sum)
/* sum: XXH3-64 of the block with this field zero: header, runs, payload. */
#define CK_BLOCK_FIELDS(F)                                                  \
    F(U32, magic) F(U16, codec) F(U16, nruns) F(U32, raw_len)               \
    F(U32, stored_len) F(U64, sum)
/* addr: virtual address (process), or offset in the object (tree). */
#define CK_RUN_FIELDS(F) F(U64, addr) F(U64, len)
CK_RECORD(ck_header, CK_HEADER_FIELDS)
CK_RECORD(ck_footer, CK_FOOTER_FIELDS)
CK_RECORD(ck_block, CK_BLOCK_FIELDS)
CK_RECORD(ck_run, CK_RUN_FIELDS)

/* Index record: u16 tag, u16 version (1), u32 length, body. */
enum ck_tag {
    CK_TAG_PROCESS = 1,
    CK_TAG_THREAD = 2,
    CK_TAG_AREA = 3,
    CK_TAG_BLOCKS = 4,
    CK_TAG_GUARDS = 5,
    CK_TAG_TREE = 16,
    CK_TAG_PROC = 17,
    CK_TAG_FD = 18,
    CK_TAG_OFD = 19,
    CK_TAG_SYSV = 33,
    CK_TAG_PLACEMENT = 34,
};

enum ck_area_kind {
    CK_AREA_ANON = 1,  /* private anonymous: heap, stack, mmap */
    CK_AREA_FILE = 2,  /* private mapping of a file; changed pages saved */
    CK_AREA_SHM = 3,   /* shared memory: a kind "shm" of the tree's image */
    CK_AREA_VDSO = 4,  /* [vdso], and the [vvar] areas: moved, not saved */
    CK_AREA_VVAR = 5,
    CK_AREA_SYSV = 7,  /* System V segment; ino is its id */
    CK_AREA_DEV = 6,   /* shared mapping of a file that is only read */
    CK_AREA_OVER = 8,  /* private mapping of what SHM would be; changed pages */
};

/* Have areas of this kind pages in the process's image? */
static inline int ck_area_saved(uint8_t kind)
{
    return kind == CK_AREA_ANON || kind == CK_AREA_FILE ||
           kind == CK_AREA_OVER;
}

enum ck_area_flag {
    CK_AF_GROWSDOWN = 1,
    CK_AF_STACK = 2,      /* [stack] */
    CK_AF_HEAP = 4,       /* [heap] */
    CK_AF_HUGEPAGE = 8,   /* MADV_HUGEPAGE */
    CK_AF_NOHUGEPAGE = 16,
    CK_AF_DONTFORK = 32,
    CK_AF_WIPEONFORK = 64,
    CK_AF_DONTDUMP = 128,
    CK_AF_LOCKED = 256,
    CK_AF_NORESERVE = 512,
    CK_AF_MERGEABLE = 1024,
    CK_AF_MAYWRITE = 2048, /* SHM, DEV, SYSV: may be made writable */
    CK_AF_SEQUENTIAL = 4096, /* MADV_SEQUENTIAL */
    CK_AF_RANDOM = 8192,     /* MADV_RANDOM */
    CK_AF_ONFAULT = 16384,   /* with LOCKED: MLOCK_ONFAULT */
    CK_AF_DROPPABLE = 32768, /* MAP_DROPPABLE: comes back empty */
    CK_AF_SEALED = 65536,    /* mseal */
    CK_AF_BARE = 131072, /* no pages are saved: mapped with its rights */
    /* Never in an image: */
    CK_AF_ACCOUNTED = 1 << 30, /* it was writable once */
    CK_AF_HUGETLB = 1 << 29,
    CK_AF_NEVER_SAVED = CK_AF_ACCOUNTED | CK_AF_HUGETLB,
};

/* policy: of its memory, empty for none: u16 mode, u16 for each node.
 * prot: PROT_* bits. dev, ino, pgoff, file_*: kinds FILE, SHM. fingerprint:
 * XXH3-64 of the file's first 4096 bytes: detects a replaced library. */
#define CK_AREA_FIELDS(F)                                                   \
    F(U64, start) F(U64, end) F(U8, kind) F(U8, prot) F(U32, flags)         \
    F(U64, pgoff) F(U64, dev) F(U64, ino) F(U64, file_size)                 \
    F(U64, fingerprint) F(STR, path) F(BLOB, policy)

/* mm: 12 u64 in the order of struct prctl_mm_map up to env_end; auxv raw.
 * entry, handoff: addresses in the saved memory where the restorer jumps
 * and where it leaves struct ck_handoff (handoff.h). */
#define CK_PROCESS_FIELDS(F)                                                \
    F(U32, vpid) F(U32, vppid) F(U32, threads) F(U64, entry)                \
    F(U64, handoff) F(BLOB, mm) F(BLOB, auxv) F(U64, vdso_sum)              \
    F(U64, dirty_bytes) F(STR, exe) F(STR, comm) F(STR, runtime)            \
    F(STR, codec_note)

/* tid: real, at checkpoint time; vtid: as the program sees it. */
#define CK_THREAD_FIELDS(F)                                                 \
    F(U32, tid) F(U32, vtid) F(U64, rip) F(U64, rsp) F(U64, fs_base)        \
    F(I32, syscall) F(STR, name)

/* offsets: u64 each, file offsets of this stream's blocks; sums: u64 each,
 * the blocks' sums in the same order, so that the index's sum covers the
 * whole file. stream 0 is the process memory or the object; in a tree image,
 * the OFD id. */
#define CK_BLOCKS_FIELDS(F)                                                 \
    F(U64, stream) F(U64, raw_bytes) F(BLOB, offsets) F(BLOB, sums)

/* ranges: u64 start, u64 length each. */
#define CK_GUARD_LIST_FIELDS(F) F(BLOB, ranges)

/* stdio: what the root was given, as CKPT_STDIO has it. */
#define CK_TREE_FIELDS(F)                                                   \
    F(STR, tree) F(STR, node) F(U32, root_vpid) F(U32, out_pgid)            \
    F(U32, out_sid) F(STR, stdio) F(STR, job_dir)

/* vppid: 0 when the parent is outside the tree. status: wait status of a
 * zombie. gone: cwd was removed; then cwd_* say which directory it is, and
 * what it is like (lib/res/attr.c). tids: u32 virtual thread ids. argv, env:
 * NUL-separated, kind REEXEC only. image: file name of the process image, kind
 * SAVED only. */
#define CK_PROC_FIELDS(F)                                                   \
    F(U32, vpid) F(U32, vppid) F(U32, vpgid) F(U32, vsid) F(U8, kind)       \
    F(I32, status) F(BLOB, tids) F(STR, exe) F(STR, cwd) F(U8, gone)        \
    F(U64, cwd_dev) F(U64, cwd_ino) F(BLOB, cwd_attr) F(U32, umask)         \
    F(STR, comm) F(STR, image) F(BLOB, argv) F(BLOB, env)

#define CK_FD_FIELDS(F) F(U32, vpid) F(U32, fd) F(U8, cloexec) F(U32, ofd)

/* One open file description. kind: name of the resource kind in lib/res.
 * flags: O_* as fdinfo has them. body: encoded by the kind's own file. */
/* given: numbers, u32 each, as which the root was given it, if it leads
 * outside: at a restart what the surroundings have there takes its place.
 * owner: process or group that gets its signals, 0: nobody; owner_type as
 * struct f_owner_ex has it; sig: instead of SIGIO, or 0. */
#define CK_OFD_FIELDS(F)                                                    \
    F(U32, id) F(STR, kind) F(U32, flags) F(U32, owner) F(U8, owner_type)   \
    F(U8, sig) F(BLOB, given) F(BLOB, body)

/* kind: enum ck_sysv_kind (sysvids.h). virt, real: ids, as the program and
 * the kernel knew it. size: bytes of a segment, semaphores of a set, most
 * bytes of a queue. data: u16 values of a set; of a queue u64 type, u32
 * length and text of each message. stream: a segment's contents. */
#define CK_SYSV_FIELDS(F)                                                   \
    F(U8, kind) F(U32, stream) F(I32, virt) F(I32, real) F(I32, key)        \
    F(U32, mode) F(U8, removed) F(U64, size) F(U64, ctime) F(BLOB, data)

/* cpus: u16 id, core, package, node of each; nodes: u16 id of each. */
#define CK_PLACEMENT_FIELDS(F) F(BLOB, cpus) F(BLOB, nodes)

CK_RECORD(ck_area, CK_AREA_FIELDS)
CK_RECORD(ck_process, CK_PROCESS_FIELDS)
CK_RECORD(ck_thread, CK_THREAD_FIELDS)
CK_RECORD(ck_blocks, CK_BLOCKS_FIELDS)
CK_RECORD(ck_guard_list, CK_GUARD_LIST_FIELDS)
CK_RECORD(ck_tree, CK_TREE_FIELDS)
CK_RECORD(ck_proc, CK_PROC_FIELDS)
CK_RECORD(ck_fd, CK_FD_FIELDS)
CK_RECORD(ck_ofd, CK_OFD_FIELDS)
CK_RECORD(ck_sysv, CK_SYSV_FIELDS)
CK_RECORD(ck_placement, CK_PLACEMENT_FIELDS)

/*
 * Names inside an image set (docs/image-format.md):
 *   proc.<tree>.<vpid>.img   tree.<tree>.img
 *   MANIFEST (its rename commits the set)
 */

#endif
