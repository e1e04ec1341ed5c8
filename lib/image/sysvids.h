/*
 * sysvids.h - System V ids as the program knows them, and as the kernel does.
 *
 * The kernel gives ids as it likes: what a restart makes again has another
 * one. D/sysv.<tree> in the job directory lists the ids of one tree's run, in
 * the host's byte order: first those that a restart made (fixed), then, one
 * appended by whoever meets it first, those that processes have got since.
 * Who uses an object the kernel does not tell, so this list is also what a
 * checkpoint knows of semaphores, queues, and segments nobody has attached.
 *
 * An object made later has its real id for a virtual one, unless that is a
 * fixed one's: then the next that is free in steps of CK_SYSV_STEP, so that
 * every process computes the same one.
 */
#ifndef CKPT_LIB_IMAGE_SYSVIDS_H
#define CKPT_LIB_IMAGE_SYSVIDS_H

#include <stdint.h>

#define CK_SYSV_STEP 0x01000000
#define CK_SYSV_MAX 4096 /* objects of one tree */

enum ck_sysv_kind { CK_SYSV_SHM = 1, CK_SYSV_SEM = 2, CK_SYSV_MSG = 3 };

#define CK_SYSV_FIXED 1u   /* made by the restart */
#define CK_SYSV_REMOVED 2u /* to be removed once it is attached everywhere */

struct ck_sysv_entry {
    int32_t kind, virt, real;
    uint32_t flags;
};

/* Of the n fixed entries e. */
int32_t ck_sysv_virt(const struct ck_sysv_entry *e, uint32_t n, int kind,
                     int32_t real);
int32_t ck_sysv_real(const struct ck_sysv_entry *e, uint32_t n, int kind,
                     int32_t virt);

#endif
