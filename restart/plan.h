/*
 * plan.h - from the image of a tree to lists of operations (hosted).
 *
 * restart/spawn.c opens what has to be opened and starts the tree's root;
 * restart/plan.c solves the graph (who forks whom, sessions, groups) and
 * has no side effect, so that it is tested without a process.
 */
#ifndef CKPT_RESTART_PLAN_H
#define CKPT_RESTART_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/image/format.h"
#include "lib/image/stdio.h"

/* generation: of this run, as the coordinator counts. given: what the
 * surroundings have for the tree; of 0, 1 and 2 those that are open. in_place:
 * the root takes over this process; else it is a child of it. missing: is told
 * what of the tree is at its end, as nothing here is like it: "3 (a pipe)";
 * "" if nothing is. */
struct ck_restart_opts {
    const char *job_dir;
    const char *set_dir;
    const char *tree;
    const char *node;
    const char *runtime;  /* libckpt.so, for what is executed again */
    const char *restorer; /* libckpt-restore.so */
    uint32_t generation;
    int in_place;
    uint64_t nofile; /* a rehearsal: open files that a restart may have; 0: as
                      * many as we */
    int keep_files; /* --files=keep: no rollback */
    const struct ck_given *given;
    size_t ngiven;
    char *missing;
    size_t missing_cap;
    int *resized; /* is told if the terminal has another size; may be NULL */
};

/*
 * Restarts one tree up to the point where its processes wait for the
 * coordinator's GO. Returns the root's pid (with in_place it does not return
 * when all is well), or -errno and a reason in `why`. Nothing has been
 * changed when it fails, but for files already rolled back: what was cut
 * off is in <job_dir>/rollback then.
 */
pid_t ck_restart_tree(const struct ck_restart_opts *opts, char *why,
                      size_t cap);

/* ---- the pure part ---- */

/* What the tree image says, decoded; strings point into the image. */
struct ck_tree_image {
    struct ck_tree tree;
    struct ck_proc *proc;
    size_t nproc;
    struct ck_fd *fd; /* sorted by vpid, fd */
    size_t nfd;
    struct ck_ofd *ofd; /* sorted by id */
    size_t nofd;
    struct ck_sysv *sysv;
    size_t nsysv;
    struct ck_placement placement; /* empty: not noted */
};

/* Index of the description with this id, -1 if there is none. */
long ck_tree_ofd(const struct ck_tree_image *img, uint32_t id);

/* An operation that a kind of lib/res wants to have done in a process. */
struct ck_plan_inside {
    uint32_t vpid;
    uint16_t code;
    uint16_t n;
    uint32_t order;
    uint8_t op[128];
};

/* Facts of this restart that the plan needs. src[i]: descriptor that holds
 * ofd[i]; inside: sorted by vpid, and as they are to be done; keep: what a
 * saved process leaves open for the restorer, all of them numbers that no
 * program uses. */
struct ck_plan_facts {
    const int *src;
    const struct ck_given *given; /* moved out of the programs' way */
    size_t ngiven;
    const int *keep;
    size_t nkeep;
    const struct ck_plan_inside *inside;
    size_t ninside;
    unsigned readers;      /* threads that read one image */
    uint64_t nofile;       /* soft limit for what is executed again */
    const char *set_dir;
    const struct ck_blob *env; /* of what is executed again, per proc */
};

/* An actor is a process of the restart: one of the tree, or a helper that
 * is gone when the programs run. proc: index in the image, -1 for a helper.
 * ops: encoded (restart/ops.h). */
struct ck_actor {
    int proc;
    uint32_t vpid; /* 0: none */
    int exec;      /* executes the saved program's file first */
    uint8_t *ops;
    size_t nops, cap;
};

struct ck_plan {
    struct ck_actor *actor; /* [0] is the root */
    size_t nactor;
    uint32_t words;    /* shared counters */
    int32_t *numbers;  /* virtual numbers of the pid table, sorted */
    size_t nnumbers;
    int32_t out_pgid, out_sid; /* of these, map to the surroundings' */
};

/* 0, or -errno and a reason. */
int ck_plan_make(struct ck_plan *p, const struct ck_tree_image *img,
                 const struct ck_plan_facts *facts, char *why, size_t cap);
void ck_plan_free(struct ck_plan *p);

/* Is it what a launcher has opened to read it for its tasks? */
int ck_plan_is_input(const struct ck_tree_image *img, const struct ck_fd *fd);

#endif
