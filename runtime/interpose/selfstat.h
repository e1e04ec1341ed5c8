/*
 * selfstat.h - /proc/self/stat without our thread; see selfstat.c.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_SELFSTAT_H
#define CKPT_RUNTIME_INTERPOSE_SELFSTAT_H

#include "runtime/runtime.h"

#define CK_SELF_STAT "/proc/self/stat"

/* fd has just been opened on it for reading. */
CK_HIDDEN void ck_selfstat(int fd);

#endif
