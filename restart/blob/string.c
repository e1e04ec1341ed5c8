/*
 * string.c - what the compiler, LZ4 and libsodium expect of a C library.
 * The memory functions are plain loops of the string instructions: they need
 * no relocation, no detection of the processor, and are fast enough for
 * copies of pages.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "restart/blob/blob.h"

_Noreturn void __stack_chk_fail(void);

void *memcpy(void *to, const void *from, size_t n)
{
    void *d = to;

    __asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(n) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    void *d = to;

    __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(byte) : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    if ((uintptr_t)d - (uintptr_t)s >= n)
        return memcpy(to, from, n);
    d += n - 1;
    s += n - 1;
    __asm__ volatile("std; rep movsb; cld"
                     : "+D"(d), "+S"(s), "+c"(n)
                     :
                     : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < n; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}

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
