/*
 * string.c - the string functions of the C library that our code calls where
 * it must not call the library (memory.c says why).
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t strlen(const char *s)
{
    const char *p = s;

    while (*p)
        p++;
    return (size_t)(p - s);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; a++, b++, n--) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (!*a)
            break;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)(uintptr_t)s;
        if (!*s)
            return NULL;
    }
}

char *strrchr(const char *s, int c)
{
    const char *last = NULL;

    for (;; s++) {
        if (*s == (char)c)
            last = s;
        if (!*s)
            return (char *)(uintptr_t)last;
    }
}

char *strstr(const char *s, const char *what)
{
    size_t n = strlen(what);

    for (; strncmp(s, what, n); s++)
        if (!*s)
            return NULL;
    return (char *)(uintptr_t)s;
}

size_t strcspn(const char *s, const char *of)
{
    size_t n = 0;

    while (s[n] && !strchr(of, s[n]))
        n++;
    return n;
}

size_t strspn(const char *s, const char *of)
{
    size_t n = 0;

    while (s[n] && strchr(of, s[n]))
        n++;
    return n;
}
