/*
 * handoff.h - what the restorer leaves in the saved memory for the runtime.
 *
 * The restorer puts back memory and nothing else; then it fills this struct,
 * which lies in the runtime's own data, and jumps to the runtime's entry on
 * the process's first thread, with the restorer's region still mapped.
 * Both sides are of one build of the format: version must match.
 */
#ifndef CKPT_LIB_IMAGE_HANDOFF_H
#define CKPT_LIB_IMAGE_HANDOFF_H

#include <stdint.h>

#include "lib/image/stdio.h"

#define CK_HANDOFF_VERSION 4
#define CK_HANDOFF_MUTEXES 1024
#define CK_HANDOFF_NOTIFY 64 /* as many as lib/image/watched.h has room for */

/* mq_notify for descriptor fd; as the kernel's struct sigevent begins. */
struct ck_handoff_notify {
    uint64_t value;
    int32_t signo, how, fd, spare;
};

struct ck_handoff {
    uint32_t version;
    int32_t coord_fd;        /* authenticated, role RESTORING, in all tables */
    uint32_t generation;     /* of this run; names the pid table */
    uint32_t mutex_count;
    uint64_t region_start;   /* the restorer's own mapping: unmap when done */
    uint64_t region_len;
    uint64_t raw_bytes;      /* read from images, for RESTORED */
    uint64_t mutex[CK_HANDOFF_MUTEXES]; /* inheriting ones in memory that others
                                         * have, too, held by a saved thread */
    uint64_t notify_count;
    struct ck_handoff_notify notify[CK_HANDOFF_NOTIFY];
    char job_dir[1024];
    char pidtable[1100];     /* path */
    char tree[128];
    char stdio[CK_STDIO_MAX]; /* CKPT_STDIO of this run */
};

#endif
