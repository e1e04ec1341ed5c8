/*
 * parts.h - the pieces of a restart, between spawn.c and their files.
 *
 * Every function returns 0 (or a descriptor) or -errno with a reason in
 * s->why. What they open is closed by ck_spawn_end.
 */
#ifndef CKPT_RESTART_PARTS_H
#define CKPT_RESTART_PARTS_H

#include <sys/resource.h>

#include "lib/image/pidtable.h"
#include "lib/image/stdio.h"
#include "restart/image.h"

/* A rehearsal (rehearse.c): nothing of the outside is there (in a world), or
 * it is not reached (only kinds that need none of it are made). */
enum ck_trial { CK_REAL, CK_IN_WORLD, CK_INNER };

struct ck_spawn_shm {
    uint64_t dev, ino;
    int fd; /* one of src; with CK_PLAN_SYSV for a device: an id */
};

/* A working directory that was removed; path: as in the image. */
struct ck_spawn_cwd {
    uint64_t dev, ino;
    int fd;
    char name[32]; /* of fd, in /proc */
};

struct ck_spawn {
    const struct ck_restart_opts *opts;
    struct ck_tree_file tree;
    struct rlimit nofile; /* as it was */
    uint8_t *used;        /* descriptor numbers of the programs, a bit each */
    size_t nused;         /* bits */
    int *src;             /* by OFD */
    uint8_t *stands_in;   /* by OFD: it is of the outside, in a rehearsal */
    struct ck_plan_inside *inside;
    size_t ninside, inside_cap;
    struct ck_pid_entry *spoke; /* for the pid table */
    size_t nspoke;
    struct ck_given given[CK_GIVEN_MAX];
    size_t ngiven;
    char stdio_ids[CK_STDIO_MAX]; /* CKPT_STDIO of this run */
    struct ck_spawn_shm *shm;
    size_t nshm;
    struct ck_spawn_cwd *cwd;
    size_t ncwd;
    int table_fd, plan_fd;
    int coord_no, image_no; /* free numbers */
    char table_path[1400];
    struct ck_blob *env; /* by process */
    struct ck_plan plan;
    enum ck_trial trial;
    const struct ck_ofd *failed; /* what could not be made */
    /* Of each thing that is in the way; NULL: the first one is the end. */
    void (*found)(void *arg, const char *why);
    void *arg;
    unsigned nfound;
    char *why;
    size_t whycap;
};

/* prepare.c: the image; all that may refuse a restart, and changes nothing;
 * all that the root needs. found: rc, or 0 where s->found was told of it, or
 * where it says nothing, as a program runs on. */
int ck_spawn_open(struct ck_spawn *s);
int ck_spawn_check(struct ck_spawn *s);
int ck_spawn_make(struct ck_spawn *s);
int ck_spawn_found(struct ck_spawn *s, int rc);
/* A check has found a name taken, a lock, or memory attached: by one who was
 * killed and has not ended, perhaps. Nonzero, after a moment: look again.
 * until: 0 at first. */
int ck_spawn_again(struct ck_spawn *s, int rc, int64_t *until);

/* numbers.c: descriptors out of the programs' way. high: moves fd to a number
 * that no program uses; the old one is closed. free_number: the next such
 * number, not opened. */
int ck_spawn_numbers(struct ck_spawn *s);
int ck_spawn_high(struct ck_spawn *s, int fd);
int ck_spawn_free_number(struct ck_spawn *s, int from);

int ck_spawn_layout(struct ck_spawn *s); /* layout.c */
/* given.c; before files_*. note: when all is open; what it has become. */
int ck_spawn_given(struct ck_spawn *s);
int ck_spawn_given_note(struct ck_spawn *s);
int ck_spawn_files_check(struct ck_spawn *s); /* files.c */
int ck_spawn_files(struct ck_spawn *s);
int ck_spawn_undo(struct ck_spawn *s, struct ck_res_load *c); /* undo.c */
/* speak.c: speak_as of struct ck_res_load. */
int ck_spawn_speak_as(struct ck_spawn *s, uint32_t vpid, int (*fn)(void *arg),
                      void *arg);
int ck_spawn_cwds(struct ck_spawn *s, struct ck_res_load *c); /* cwd.c */
int ck_spawn_shm(struct ck_spawn *s);   /* shm.c */
int ck_spawn_sysv_check(struct ck_spawn *s); /* sysv.c */
int ck_spawn_sysv(struct ck_spawn *s);       /* after shm */
int ck_spawn_places(struct ck_spawn *s); /* places.c */
int ck_spawn_env(struct ck_spawn *s);   /* relaunch.c */
int ck_spawn_table(struct ck_spawn *s); /* table.c */
int ck_spawn_plan(struct ck_spawn *s);  /* memplan.c */
void ck_spawn_end(struct ck_spawn *s);

#endif
