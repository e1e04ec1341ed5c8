/*
 * look.c - a function that is looked up in libc itself, by a handle of it
 * (Python's CDLL("libc.so.6")), is ours where we have taken it over: the
 * numbers that go through it are the program's all the same. What counts is
 * the address that was found, so that an old version of a function, or a
 * second libc's, is left as it is. See dlsym.S for RTLD_DEFAULT and RTLD_NEXT.
 *
 * dlerror() is as the real function leaves it: what follows a function that
 * was found has no error to tell.
 */
#include "runtime/interpose/look.h"

void *ck_look_real_dlsym(void)
{
    return (void *)REAL(dlsym);
}

void *ck_look_real_dlvsym(void)
{
    return (void *)REAL(dlvsym);
}

void *ck_look_dlsym(void *handle, const char *name)
{
    return ck_real_ours(REAL(dlsym)(handle, name));
}

void *ck_look_dlvsym(void *handle, const char *name, const char *version)
{
    return ck_real_ours(REAL(dlvsym)(handle, name, version));
}
