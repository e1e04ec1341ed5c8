/*
 * libc.c - what LZ4 and the compiler expect of a C library besides the
 * functions of lib/nolibc.
 */
#include <stddef.h>

#include "restart/blob/blob.h"

_Noreturn void __stack_chk_fail(void);

/* LZ4 asks for these by name in functions that nobody calls. */
void *no_calloc(size_t n, size_t size) __asm__("calloc");
void no_free(void *p) __asm__("free");

void *no_calloc(size_t n, size_t size)
{
    (void)n;
    (void)size;
    return NULL;
}

void no_free(void *p)
{
    (void)p;
}

_Noreturn void __stack_chk_fail(void)
{
    ck_blob_fail(-1, "the image could not be unpacked safely");
}
