/*
 * peek.h - may memory of the program be looked at?
 *
 * What a wrapper is given may point nowhere. The kernel says EFAULT then, and
 * so does libc where it leaves the look to the kernel; a wrapper that looks
 * itself has to ask first, or it is the one that dies. Where the answer is no
 * the call is made with what the program gave, and the kernel finds the error
 * in its own order. What the kernel has just read or written needs no
 * question, nor does what libc itself looks at (sigaction's structures).
 *
 * The question is a system call that reads or adds nothing to a word: some
 * 100 ns, once a page. It is asked where a wrapper must look before the call:
 * paths in a process that was restarted, timeouts, environments, and what
 * rarer calls are given.
 */
#ifndef CKPT_RUNTIME_INTERPOSE_PEEK_H
#define CKPT_RUNTIME_INTERPOSE_PEEK_H

#include <stddef.h>

#include "runtime/runtime.h"

/* What lies a little above the caller's frame is its caller's. */
#define CK_NEAR 1024
#define ck_on_stack(p)                                                      \
    ((uintptr_t)(p) - (uintptr_t)__builtin_frame_address(0) < CK_NEAR)

/* All of n bytes. */
CK_HIDDEN int ck_readable(const void *p, size_t n);
CK_HIDDEN int ck_writable(void *p, size_t n);

/* A look that goes over much: asks once for each page. {NULL, NULL} first. */
struct ck_look {
    const char *from, *to; /* are known to be there */
};
CK_HIDDEN int ck_look(struct ck_look *l, const void *p, size_t n);
/* The length of a string, `cap` if it is not shorter, or -1: it can't be read
 * as far. */
CK_HIDDEN long ck_look_string(struct ck_look *l, const char *s, size_t cap);

#endif
