/*
 * restart.h - what the two files of `ckpt restart` share: restart.c reads
 * options and chooses the set, revive.c brings its processes back.
 */
#ifndef CKPT_CLI_RESTART_H
#define CKPT_CLI_RESTART_H

#include <stdint.h>

#include "cli/given.h"
#include "lib/base/manifest.h"
#include "lib/base/paths.h"

struct ck_restart {
    const char *dir_option, *tree;
    uint32_t set, interval, keep;
    int has_interval, detach, in_place, keep_files, force;
    struct ck_given given[CK_GIVEN_MAX]; /* what this process was given */
    size_t ngiven;
    struct ck_paths paths;
    char dir[CK_PATH];
    struct ck_manifest *manifest; /* of the set; not with in_place */
};

/* Both give an exit status after their message. */
int ck_restart_all(struct ck_restart *r);
int ck_restart_in_place(struct ck_restart *r);

/* May the trees of this set be restarted side by side? 0, or -errno and what
 * two of them need. */
int ck_restart_together(const struct ck_manifest *m, const char *set_dir,
                        struct ck_err *e);

/* Programs whose coordinator has died run on: -EBUSY and who they are. */
int ck_restart_left_alone(const char *dir, struct ck_err *e);

#endif
