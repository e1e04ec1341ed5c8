/*
 * world.h - namespaces in which a rehearsal can make what a program had,
 * under its old names, while the program has them (world.c).
 */
#ifndef CKPT_RESTART_WORLD_H
#define CKPT_RESTART_WORLD_H

/* less: this process may do less in there than outside of it. small: queues
 * hold less than outside. */
struct ck_world {
    int less, small;
};

/* Moves the caller, which ends soon, into a world of its own: no file but
 * /proc and /dev/null, a network with nothing but loopback, no System V
 * object. dir: any directory. 0, or -errno where the system forbids it. */
int ck_world_enter(struct ck_world *w, const char *dir);

#endif
