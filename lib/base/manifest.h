/*
 * manifest.h - the list of what an image set consists of. Hosted.
 *
 * A text file, MANIFEST in the set's directory; its rename from
 * MANIFEST.tmp commits the set. docs/image-format.md has the grammar. The
 * last line is a sum of all before it, so that a cut-off or edited manifest
 * is refused. Writing, syncing and renaming are the coordinator's.
 */
#ifndef CKPT_LIB_BASE_MANIFEST_H
#define CKPT_LIB_BASE_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/format.h"

#define CK_MANIFEST_NAME "MANIFEST"
#define CK_MANIFEST_TMP "MANIFEST.tmp"
#define CK_MANIFEST_VERSION 1
#define CK_MANIFEST_MAX (64u << 20) /* bytes of text */

struct ck_manifest_tree {
    char *name;
    char *node;
    uint32_t processes; /* all kinds */
};

struct ck_manifest_image {
    char *file;      /* name inside the set; no slash */
    int kind;        /* enum ck_image_kind */
    char *tree;
    char *node;      /* that wrote it */
    uint32_t vpid;   /* process images; else 0 */
    uint64_t bytes;  /* of the file */
    uint64_t raw_bytes;
    uint64_t checksum;
    char *command;   /* process images; else "" */
};

struct ck_manifest {
    uint32_t number;      /* of the set */
    uint32_t generation;  /* of the run that it was taken in */
    uint64_t time;        /* seconds since 1970, at the commit */
    double seconds;       /* from request to commit */
    double stall_seconds; /* longest stop of a process */
    uint32_t processes;   /* all that a restart brings back */
    char *job;            /* Slurm job id, or "" */
    char *name;           /* of the computation, or "" */
    struct ck_manifest_tree *tree;
    size_t ntrees;
    struct ck_manifest_image *image;
    size_t nimages;
};

struct ck_manifest *ck_manifest_create(void); /* NULL: no memory */
void ck_manifest_destroy(struct ck_manifest *m); /* NULL is legal */

/* Appends a zeroed entry, whose strings are NULL and are to be set with
 * strdup: they belong to the manifest. NULL: no memory. */
struct ck_manifest_tree *ck_manifest_add_tree(struct ck_manifest *m);
struct ck_manifest_image *ck_manifest_add_image(struct ck_manifest *m);

uint64_t ck_manifest_bytes(const struct ck_manifest *m); /* sum of files */
uint64_t ck_manifest_raw_bytes(const struct ck_manifest *m);
const struct ck_manifest_image *
ck_manifest_find(const struct ck_manifest *m, const char *file);

/* The whole text, to be freed by the caller; *len without the final NUL.
 * NULL: no memory. */
char *ck_manifest_format(const struct ck_manifest *m, size_t *len);

/* 0 and *out, or -errno with the reason in e. -EBADMSG: damaged;
 * -EPROTONOSUPPORT: a version or a key that this reader does not know. */
int ck_manifest_parse(const char *text, size_t len, struct ck_manifest **out,
                      struct ck_err *e);
int ck_manifest_load(const char *path, struct ck_manifest **out,
                     struct ck_err *e);

/* "proc" "tree"; -1 for another name. */
const char *ck_image_kind_name(int kind);
int ck_image_kind_of(const char *name);

#endif
