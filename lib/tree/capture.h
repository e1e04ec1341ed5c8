/*
 * capture.h - looks at a parked tree from outside and writes its image.
 *
 * All processes of the tree are parked while this runs, so that nothing
 * changes under it, and every microsecond here is a stall of the program.
 * Only /proc, kcmp and what descriptors lead to are used: no ptrace, no
 * privilege beyond being the same user. On failure the image file is
 * removed, and the reason names process and descriptor.
 */
#ifndef CKPT_LIB_TREE_CAPTURE_H
#define CKPT_LIB_TREE_CAPTURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/image/pidtable.h"
#include "lib/res/res.h"

struct ck_capture_in {
    const char *job_dir;
    const char *set_dir;
    const char *tree;
    const char *node;
    const char *stdio; /* CKPT_STDIO of this run: what the root was given */
    uint32_t generation; /* of its pid table; 0: there is none */
    int several;         /* the computation is on more nodes than this */
    const uint8_t *members; /* u32 pid, u32 vpid, u8 kind each */
    size_t nmembers;
    /* All is seen, and nothing of the programs is held open any more: they
     * may run on while the image is summed and synced. May be NULL. */
    void (*seen)(void *arg);
    /* Does nobody want it any more? Asked before each thing that is looked at,
     * as they may run on soon. May be NULL. */
    int (*over)(void *arg);
    void *arg;
};

struct ck_capture_out {
    char file[128];
    uint64_t bytes, raw_bytes, checksum;
};

/* 0, or -errno with a reason; -EAGAIN: worth another try; -ECANCELED: it is
 * over. */
int ck_capture_tree(const struct ck_capture_in *in, struct ck_capture_out *out,
                    char *why, size_t whycap);

/* ---- between the files of lib/tree ---- */

/* One process: a member, or a zombie child of one. base: where its files
 * are in /proc; another thread's place when the first thread has ended. */
struct ck_capture_proc {
    pid_t pid, ppid, pgid, sid;
    pid_t tracer; /* 0: none */
    pid_t agent;  /* the runtime's own thread; 0: not seen */
    int32_t vpid;
    uint8_t kind; /* enum ck_kind */
    char state;
    int status;
    uint64_t start; /* when it was made, in ticks since boot */
    unsigned umask;
    unsigned filters; /* of seccomp */
    char base[64];
    char comm[64];
    char *exe, *cwd;
    uint8_t gone; /* cwd was removed */
    struct stat cwd_is; /* then */
    uint8_t *tids; /* virtual, u32 each */
    size_t ntids;
    void *argv, *env; /* REEXEC */
    size_t nargv, nenv;
};

struct ck_capture_fd {
    uint32_t proc; /* index */
    uint32_t fd;
    int cloexec;
    uint32_t ofd; /* id, from 1 */
};

struct ck_capture_sysv {
    int kind; /* enum ck_sysv_kind */
    int32_t real, virt;
};

struct ck_capture {
    const struct ck_capture_in *in;
    struct ck_capture_proc *proc; /* sorted by pid */
    size_t nproc;
    struct ck_pidtable table;
    void *table_mem;
    uint32_t *table_index;
    struct ck_capture_fd *fd; /* sorted by process, number */
    size_t nfd;
    struct ck_res_ofd *ofd; /* id = index + 1; sorted by device, inode */
    size_t nofd;
    void *seen; /* fds.c's; owns the texts in ofd */
    size_t nseen;
    struct ck_res_ofd *map; /* shared memory; their ids follow */
    size_t nmap;
    struct ck_capture_sysv *sysv; /* ids follow those of map */
    size_t nsysv;
    char *why;
    size_t whycap;
};

int ck_capture_procs(struct ck_capture *c);  /* procs.c */
int ck_capture_namespaces(struct ck_capture *c); /* namespaces.c */
int ck_capture_shared(struct ck_capture *c); /* shared.c */
int ck_capture_strays(struct ck_capture *c); /* strays.c */
int ck_capture_fds(struct ck_capture *c);    /* fds.c */
void ck_capture_fds_end(struct ck_capture *c); /* any number of times */
int ck_capture_maps(struct ck_capture *c);   /* maps.c; after fds */
/* sysv.c; after maps. Then the index memory they need, and one's record. */
int ck_capture_sysv(struct ck_capture *c);
size_t ck_capture_sysv_memory(const struct ck_capture *c);
int ck_capture_sysv_put(struct ck_capture *c, struct ck_res_sink *sink,
                        size_t i, struct ck_sysv *rec);
int ck_capture_write(struct ck_capture *c, struct ck_capture_out *out);

/* The description behind a descriptor; NULL: none of the tree's. */
const struct ck_res_ofd *ck_capture_ofd(const struct ck_capture *c, pid_t pid,
                                        int fd);

struct ck_capture_proc *ck_capture_find(const struct ck_capture *c, pid_t pid);
/* Is it one of the runtime's own children (lib/image/watched.h)? */
struct ck_proc_stat;
int ck_capture_ours(const struct ck_capture *c, const struct ck_proc_stat *st);
/* Loads the pid table of this run, if there is one. */
int ck_capture_table(struct ck_capture *c);

/* From /proc/PID/stat. exit_code is 0 where the kernel does not tell. */
struct ck_proc_stat {
    pid_t pid, ppid, pgid, sid;
    pid_t foreground; /* group that has its terminal; -1: no terminal */
    int exit_code;
    int exit_signal; /* 0: it was cloned so, and has not executed anything */
    uint64_t start;
    char state;
    char comm[64];
};
int ck_proc_stat_read(pid_t pid, struct ck_proc_stat *st);
/* A whole file of any size, allocated; NUL behind it. NULL with errno. */
void *ck_proc_slurp(const char *path, size_t *len);

#endif
