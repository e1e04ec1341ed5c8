/*
 * look.h - what dlsym.S goes on to; see there.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_LOOK_H
#define CKPT_RUNTIME_INTERPOSE_LOOK_H

#include "runtime/interpose/wrap.h"

/* The functions to jump to. Never NULL. */
CK_HIDDEN void *ck_look_real_dlsym(void);
CK_HIDDEN void *ck_look_real_dlvsym(void);
/* As dlsym and dlvsym, with a real handle. */
CK_HIDDEN void *ck_look_dlsym(void *handle, const char *name);
CK_HIDDEN void *ck_look_dlvsym(void *handle, const char *name,
                               const char *version);

#endif
