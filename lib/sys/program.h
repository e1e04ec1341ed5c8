/*
 * program.h - will the runtime be loaded into a program that is executed?
 *
 * Asked before a program is launched (lib/base/program.h), and by the runtime
 * whenever one is executed. Usable without libc.
 */
#ifndef CKPT_LIB_SYS_PROGRAM_H
#define CKPT_LIB_SYS_PROGRAM_H

struct ck_program {
    const char *at;   /* the file in question: the path, or its interpreter */
    int scripts;      /* how many #! lines lead there */
    int outside;      /* it can be executed, but without the runtime */
    char why[120];    /* "is statically linked, ..."; "": the error says it */
    char interp[256]; /* the kernel takes no longer #! line */
};

/* Looks at the file at path (which may point nowhere: -EFAULT), and at what
 * its #! line names. 0: a dynamically linked x86-64 program whose interpreter
 * is glibc's, which the system lets preload. Else -errno: ENOENT, EACCES,
 * ENOEXEC, ENOTSUP, ELOOP and whatever the kernel says of the file. */
long ck_program_look(const char *path, struct ck_program *p);

#endif
