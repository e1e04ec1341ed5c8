/*
 * paths.h - where the parts of this installation are.
 *
 * Everything is found from the place of the running program: the tree may
 * be installed anywhere and moved. <prefix>/bin/ckpt has its libraries in
 * <prefix>/lib/ckpt; the build tree has the same layout.
 */
#ifndef CKPT_LIB_BASE_PATHS_H
#define CKPT_LIB_BASE_PATHS_H

#include "lib/base/err.h"

#define CK_PATH 1024

struct ck_paths {
    char prefix[CK_PATH];
    char ckpt[CK_PATH];    /* bin/ckpt */
    char runtime[CK_PATH]; /* lib/ckpt/libckpt.so */
    char restore[CK_PATH]; /* lib/ckpt/libckpt-restore.so */
    char slurm[CK_PATH];   /* lib/ckpt/ckpt-slurm.so; may not be there */
    char place[CK_PATH];   /* lib/ckpt/ckpt-place.so; may not be there */
    char conf[CK_PATH];    /* ckpt.conf; may not be there */
};

/* From /proc/self/exe, which must be <prefix>/bin/<anything>. */
int ck_paths_self(struct ck_paths *p, struct ck_err *e);
/* From a prefix (the plugin knows its own place by dladdr). */
int ck_paths_prefix(struct ck_paths *p, const char *prefix,
                    struct ck_err *e);
/* Both can be read? -ENOENT or -EACCES with a text that names which. */
int ck_paths_check(const struct ck_paths *p, struct ck_err *e);

/* dir + "/" + name into buf; 0 or -ENAMETOOLONG. */
int ck_path_join(char *buf, unsigned long cap, const char *dir,
                 const char *name);
/* mkdir -p with this mode for what is new. 0 or -errno. */
int ck_path_mkdirs(const char *path, unsigned mode);

#endif
