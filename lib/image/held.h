/*
 * held.h - while a tree is looked at, something of it may be out of its place:
 * messages of a queue that was emptied to see them, a terminal's bytes, options
 * of a socket. Whoever has such a thing in his hands holds the tree's name in
 * the abstract namespace of Unix sockets, and with him each child that he
 * makes for that. It is let go when all of them have ended, however that is.
 * The programs of the tree are not let run before.
 *
 * Guest code; nothing is left behind, and no file system has a part in it.
 */
#ifndef CKPT_LIB_IMAGE_HELD_H
#define CKPT_LIB_IMAGE_HELD_H

/* A descriptor that is to be closed, or -errno: -EADDRINUSE somebody has it. */
int ck_held_take(const char *job_dir, const char *tree);
/* Until nobody has it: 0, or -ETIMEDOUT. At once where that can't be seen. */
int ck_held_wait(const char *job_dir, const char *tree, int limit_ms);

#endif
