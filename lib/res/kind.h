/*
 * kind.h - what the files of lib/res have in common, one per kind of open
 * file description: how to look at one, its saved bytes, shared objects.
 * Nobody else includes it.
 */
#ifndef CKPT_LIB_RES_KIND_H
#define CKPT_LIB_RES_KIND_H

#include <errno.h>

#include "lib/res/res.h"

/* Defines TYPE_of(c, rec, b): decodes a record's body; -EBADMSG and a reason
 * if it is damaged. c may be NULL. what: "an eventfd". */
#define CK_RES_BODY(TYPE, what)                                             \
    static int TYPE##_of(struct ck_res_load *c, const struct ck_ofd *rec,   \
                         struct TYPE *b)                                    \
    {                                                                       \
        struct ck_rd r;                                                     \
                                                                            \
        ck_rd_init(&r, rec->body.p, rec->body.n);                           \
        if (!TYPE##_get(&r, b))                                             \
            return 0;                                                       \
        return c ? ck_res_why(c->why, c->whycap, -EBADMSG,                  \
                              "damaged description of " what)               \
                 : -EBADMSG;                                                \
    }

/* Contents of the file behind o (or of fd, `size` bytes) into the sink, holes left
 * out, and into a new file without a name (in dir if that can be, else the job's). */
int ck_res_contents_save(struct ck_res_save *c, const struct ck_res_ofd *o);
int ck_res_contents_of(struct ck_res_save *c, uint32_t id, int fd,
                       uint64_t size);
int ck_res_contents_load(struct ck_res_load *c, uint32_t id, const char *dir,
                         uint64_t size, unsigned mode);
/* ... or into fd, an empty file. */
int ck_res_contents_fill(struct ck_res_load *c, uint32_t id, int fd,
                         uint64_t size);

/* take.c: the file behind o, which path leads to, to be read at any place.
 * -EDEADLK: not without breaking the lease for writing that it has. */
int ck_res_open_seen(const struct ck_res_ofd *o, const char *path);
int ck_res_has_write_lease(const struct ck_res_ofd *o);
/* name.c: a name that leads to the file of o; its own if that does. st: what
 * stat says of it, NULL when nobody can be asked. -ENOENT: none was found. */
int ck_res_name_of(const struct ck_res_save *c, const struct ck_res_ofd *o,
                   const struct stat *st, char *path, size_t cap);
#define CK_RES_NAME_LOST                                                    \
    "the file %s, which was removed but has another name that can't be "    \
    "found; open it by that name, or remove that too"

/* ck_res_attr_save (contents.h) of o; gives that to fd, which may be an O_PATH one:
 * nothing if attr is empty. 0 or -errno. */
void ck_res_attr_of(const struct ck_res_ofd *o, struct ck_blob *out);
int ck_res_attr_set(int fd, struct ck_blob attr);

/* Those that lead to path. Temporary ones are gone when their node was left. */
void ck_res_make_dirs(const char *path);

/* The same of a file in memory that has a name: check refuses what is not
 * ours; load opens it, or makes it if it is missing, and gives it the saved
 * contents (with --files=keep only one that it has made). */
int ck_res_named_check(struct ck_res_load *c, const char *path);
int ck_res_named_load(struct ck_res_load *c, uint32_t id, const char *path,
                      uint64_t size, unsigned mode);

/* Locks on the file behind o, for a kind's body; valid until the next call.
 * check tries them on fd, a description of its own, when nothing is changed
 * yet; load takes those that belong to the description. */
int ck_res_locks_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                      struct ck_blob *out);
int ck_res_locks_check(struct ck_res_load *c, struct ck_blob locks,
                       const char *path, int fd);
int ck_res_locks_load(struct ck_res_load *c, struct ck_blob locks,
                      const char *path, int fd);
/* Does one of a keep one of b out? */
int ck_res_locks_clash(struct ck_blob a, struct ck_blob b);

/* Pipes and FIFOs. first: the OFD of o's pipe that its contents are saved
 * under. ends: which of its ends are in the tree, and all flags of these.
 * copy: contents to the sink, returns how many bytes (copy_more: and behind it
 * those of file `more` from `from` on; -1: none); fill: back into fd. */
enum { CK_READ_END = 1, CK_WRITE_END = 2 };
const struct ck_res_ofd *ck_res_pipe_first(const struct ck_res_save *c,
                                           const struct ck_res_ofd *o);
int ck_res_pipe_ends(const struct ck_res_save *c,
                     const struct ck_res_ofd *first, unsigned *any_flags);
int ck_res_pipe_open(const struct ck_res_ofd *o, int mode);
long ck_res_pipe_copy(struct ck_res_save *c, const struct ck_res_ofd *o,
                      uint32_t capacity);
long ck_res_pipe_copy_more(struct ck_res_save *c, const struct ck_res_ofd *o,
                           uint32_t capacity, int more, uint64_t from);
int ck_res_pipe_fill(struct ck_res_load *c, uint32_t id, int fd);

/* An object that several OFDs have in common, by device and inode: two
 * descriptors (-1: not set) that live until ck_res_load_end. NULL: no
 * memory. *fresh says that it was made just now. */
struct ck_res_shared {
    struct ck_res_shared *next;
    uint64_t dev, ino;
    int fd[2];
};
struct ck_res_shared *ck_res_share(struct ck_res_load *c, uint64_t dev,
                                   uint64_t ino, int *fresh);

/* The number behind `key` ("eventfd-count:") in o->info, 0 if it has none.
 * base: 10, 16 or 0 as strtoull has it. */
uint64_t ck_res_info(const struct ck_res_ofd *o, const char *key, int base);

/* The options of the socket o, taken as fd: those of SOL_SOCKET and the n of
 * `more` that are not the default, appended to w; save puts what w holds into
 * its record as a BLOB. set gives them to fd; bind, before fd is bound, those
 * that matter for that; check tries them on a socket that is thrown away. */
struct ck_res_sockopt {
    int level, name;
    unsigned size; /* of the value, at most 128 */
};
int ck_res_sockopts_save(struct ck_res_save *c, const struct ck_res_ofd *o,
                         int fd, const struct ck_res_sockopt *more,
                         size_t n, struct ck_wr *w);
int ck_res_sockopts_check(struct ck_res_load *c, int domain, int type,
                          int protocol, struct ck_blob list);
int ck_res_sockopts_set(struct ck_res_load *c, int fd, struct ck_blob list);
int ck_res_sockopts_bind(struct ck_res_load *c, int fd, struct ck_blob list);

/* Is fd a socket of this kind that does not listen? For `alike`. */
int ck_res_alike_socket(int fd, int domain, int type);

/* Process `who` of the restart gets the pidfd rec, before it puts any item
 * into an epoll set. */
int ck_res_pidfd_into(struct ck_res_load *c, const struct ck_ofd *rec,
                      uint32_t who);

/* Runs work(arg) until it is done, also when whoever runs it is killed
 * (guard.c): in a child, then here. It notes how far it is in memory that
 * both share, and goes on from there. 0, or -errno: it was not run. */
int ck_res_guarded(void (*work)(void *arg), void *arg);
void *ck_res_guard_memory(size_t size); /* NULL: none; munmap frees it */

/* A new open file description of what fd has open, as ck_res_open() makes
 * it. openable: could that open path, for R_OK | W_OK? 0 or -errno. */
int ck_res_reopen(int fd, unsigned flags);
int ck_res_openable(const char *path, int mode);

/* dir.c: the directory (dev, ino) that was at path and is removed: another one
 * is made and removed, once. A descriptor that lives until ck_res_load_end,
 * or -errno. */
int ck_res_removed_dir(struct ck_res_load *c, const char *path, uint64_t dev,
                       uint64_t ino, struct ck_blob attr);

/* The process of another tree of the same computation, on this node, that
 * has the socket with this inode; 0: none has. A peer there would be lost. */
pid_t ck_res_other_part(const struct ck_res_ofd *o, uint32_t inode);
/* A process outside of the tree that has the object of o open, as far as such
 * processes may be looked at; 0: none. */
pid_t ck_res_stranger(const struct ck_res_save *c, const struct ck_res_ofd *o);

#endif
