/*
 * exit.h - what is done before a process ends; see exit.c.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_EXIT_H
#define CKPT_RUNTIME_INTERPOSE_EXIT_H

#include "runtime/runtime.h"

/* In the constructor. */
CK_HIDDEN void ck_exit_begin(void);

/* On the thread that is about to end the process. */
CK_HIDDEN void ck_process_ends(void);

#endif
