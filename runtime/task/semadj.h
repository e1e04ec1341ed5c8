/*
 * semadj.h - what SEM_UNDO would undo of a semaphore at the end of this
 * process (semadj of semop(2)); see semadj.c. id: the kernel's.
 *
 * get: reads it, and changes nothing. add: to what there is, without a change
 * of the semaphore's value. 0 or -errno; -EAGAIN: somebody else changes the
 * semaphore all the time.
 */
#ifndef CKPT_RUNTIME_TASK_SEMADJ_H
#define CKPT_RUNTIME_TASK_SEMADJ_H

#include <stdint.h>

int ck_semadj_get(int32_t id, unsigned short num, int *adj);
int ck_semadj_add(int32_t id, unsigned short num, int adj);

#endif
