/*
 * undo.h - files that are opened for writing are noted; see undo.c.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_UNDO_H
#define CKPT_RUNTIME_INTERPOSE_UNDO_H

#include <fcntl.h>

#include "runtime/input.h"
#include "runtime/runtime.h"

/* After the call, before the program has the descriptor. */
CK_HIDDEN void ck_undo_note(int fd, int flags);

/* Not with O_TRUNC: what was there is gone. Nor what was made by this very
 * call and by nobody else (O_EXCL): made again, it fails, as it should. */
static inline int ck_undo_wants(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY &&
           !(flags & (O_TRUNC | O_PATH | O_DIRECTORY)) &&
           (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
}

static inline int ck_undo_opened(int fd, int flags)
{
    if (__builtin_expect(ck_undo_wants(flags), 0) && fd >= 0 && ck_rt.enabled)
        ck_undo_note(fd, flags);
    if (__builtin_expect(ck_rt.kind == CK_KIND_REEXEC, 0) && fd >= 0)
        ck_input_opened(fd, flags);
    return fd;
}

/* A tree begins after checkpoint `after`, which is not 0. On the agent. */
CK_HIDDEN void ck_undo_begin(uint32_t after);
/* Around a fork, for a child that has memory of its own. Without the first
 * the second takes longer. */
CK_HIDDEN void ck_undo_before_fork(void);
CK_HIDDEN void ck_undo_after_fork(void);

#endif
