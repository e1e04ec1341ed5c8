/*
 * environ.h - an environment with our entries, for the exec wrappers.
 *
 * ck_env_need: how many bytes `mem` must have, 0 if envp is right as it is.
 * ck_env_build fills it and gives the environment to use; it fails (NULL,
 * errno ENOMEM) only if it needs `mem` and that is NULL. ck_env_done after
 * the call that did not become another program.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_ENVIRON_H
#define CKPT_RUNTIME_INTERPOSE_ENVIRON_H

#include <stddef.h>

#include "runtime/runtime.h"

CK_HIDDEN size_t ck_env_need(char *const envp[]);
CK_HIDDEN char *const *ck_env_build(void *mem, size_t need,
                                    char *const envp[]);
/* Does it load the runtime? */
CK_HIDDEN int ck_env_loads(char *const env[]);
/* Memory for it: from the caller's stack, or mapped where it is much. */
#define CK_ENV_STACK (128u * 1024)
#define CK_ENV_MEM(need)                                                    \
    ((need) <= CK_ENV_STACK ? __builtin_alloca((need) + 1) : ck_env_map(need))
CK_HIDDEN void *ck_env_map(size_t need);
CK_HIDDEN void ck_env_done(void *mem, size_t need);

#endif
