/*
 * jobdir.h - the job directory D: its layout, key, address and names.
 *
 * docs/architecture.md has the list of files. D is 0700 and the user's own;
 * anything else is refused, since whoever can read D/key steers the
 * computation. A name or a job id leads to D by a symbolic link in
 * ~/.ckpt/jobs. No function here keeps state.
 */
#ifndef CKPT_LIB_BASE_JOBDIR_H
#define CKPT_LIB_BASE_JOBDIR_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/base/paths.h"

#define CK_KEY_BYTES 16

/* Makes D (and its parents) and its key, or accepts those that are there.
 * -EPERM: somebody else's, -EACCES: open to others. `real` (CK_PATH, may be
 * NULL) gets the absolute path, which is what all others must be given. */
int ck_jobdir_create(const char *dir, char *real, struct ck_err *e);
/* D is a directory of ours, closed to others, and absolute in `real`. */
int ck_jobdir_check(const char *dir, char *real, struct ck_err *e);
int ck_jobdir_key(const char *dir, uint8_t key[CK_KEY_BYTES],
                  struct ck_err *e);

/* Paths in D: ck_jobdir_path(buf, cap, D, "exit.%s", tree). 0 or
 * -ENAMETOOLONG. */
int ck_jobdir_path(char *buf, size_t cap, const char *dir, const char *fmt,
                   ...) __attribute__((format(printf, 4, 5)));
/* D/off.<tree>: why a task of Slurm runs without us (coordinator/off.c) */
#define CK_OFF_FILE "off."

/* D/set-000001 */
int ck_jobdir_set(char *buf, size_t cap, const char *dir, uint32_t number);
/* Number of a set from its directory's base name; 0 if it is not one. */
uint32_t ck_jobdir_set_number(const char *name);
uint32_t ck_jobdir_set_of(const char *path); /* by its last name */

/* D/coordinator. node: as ck_env_node() names it. */
struct ck_coord_addr {
    char host[700]; /* numeric addresses, comma-separated */
    char node[256];
    uint16_t port;
    pid_t pid;
};
/* -ENOENT: no coordinator has been here. */
int ck_jobdir_addr_read(const char *dir, struct ck_coord_addr *a,
                        struct ck_err *e);
int ck_jobdir_addr_write(const char *dir, const struct ck_coord_addr *a,
                         struct ck_err *e);
int ck_jobdir_addr_remove(const char *dir);

/* A name for the root of a tree that nobody has in this run: main, main-2,
 * ... An empty file D/claim.<tree> takes it; two at once get two names. */
int ck_jobdir_claim_tree(const char *dir, char *tree, size_t cap,
                         struct ck_err *e);
/* Removes claim.*, exit.* of an earlier run, before a new one starts. */
void ck_jobdir_forget_run(const char *dir);

/* D/exit.<tree>: -ENOENT when the tree has not ended (or is unknown). */
int ck_jobdir_exit_read(const char *dir, const char *tree, int *status);
/* The tree begins: an earlier one of its name has no say any more. */
void ck_jobdir_exit_forget(const char *dir, const char *tree);

/* Whole file at once, by rename: text of n bytes, mode 0600, synced. */
int ck_jobdir_replace(const char *path, const void *text, size_t n,
                      struct ck_err *e);

/* Tree names, and names in the registry: [A-Za-z0-9._-]{1,100}, no leading
 * dot. */
int ck_name_ok(const char *name);

/* ~/.ckpt/jobs/<name> -> dir; an older link of that name is replaced. */
int ck_jobdir_register(const char *name, const char *dir, struct ck_err *e);
/* Removes the link if it (still) leads to dir. Not being there is fine. */
int ck_jobdir_unregister(const char *name, const char *dir);

/* Where a registered name leads (not checked). 0 or -errno. */
int ck_jobdir_registered(const char *name, char dir[CK_PATH]);
/* D of the coordinator at "HOST:PORT": $CKPT_DIR or a registered one. */
int ck_jobdir_by_addr(const char *host_port, char dir[CK_PATH],
                      struct ck_err *e);

/*
 * What the user typed -> D (absolute, checked). what: a directory, a job id
 * or a registered name; NULL: $CKPT_DIR, else the one ./ckpt.*, else the
 * newest registered. -ENOENT with a text that says where it looked.
 */
int ck_jobdir_resolve(const char *what, char dir[CK_PATH], struct ck_err *e);

#endif
