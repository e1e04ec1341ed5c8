/*
 * watch.h - says where the noted paths are; on the agent thread.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_WATCH_H
#define CKPT_RUNTIME_INTERPOSE_WATCH_H

#include "runtime/runtime.h"

CK_HIDDEN void ck_watched_publish(void);

#endif
