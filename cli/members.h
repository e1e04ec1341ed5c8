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
    int dying; /* it has been killed, and the kernel has not got to it yet */
    char comm[32];
};

/* Fills at most max; returns how many there are in all. dir: absolute. */
unsigned ck_members(const char *dir, struct ck_member *m, unsigned max);
/* Ends what is left of ours where no program and no coordinator is: who
 * writes the image of a program that is dead, and who was to become one when
 * its restart was killed. Returns how many are there still after ten seconds. */
unsigned ck_members_end_helpers(const char *dir);

#endif
