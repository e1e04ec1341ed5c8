/*
 * members.h - the processes of a computation on this node, found without
 * its coordinator.
 *
 * A coordinator may die and leave the programs running. They have our
 * runtime mapped and CKPT_DIR in the environment that they were started
 * with. Processes of other users, and what made itself unreadable, are not
 * found; neither are those of other nodes.
 */
#ifndef CKPT_CLI_MEMBERS_H
#define CKPT_CLI_MEMBERS_H

#include <sys/types.h>

struct ck_member {
    pid_t pid;
    char comm[32];
};

/* Fills at most max; returns how many there are in all. dir: absolute. */
unsigned ck_members(const char *dir, struct ck_member *m, unsigned max);

#endif
