/* err.c - see err.h. */
#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int ck_err(struct ck_err *e, int code, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;

    if (e) {
        /* the old text may be an argument of the new one */
        char text[sizeof(e->text)];

        va_start(ap, fmt);
        vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        memcpy(e->text, text, sizeof(text));
    }
    errno = saved;
    return code;
}

int ck_err_sys(struct ck_err *e, int code, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;

    if (e) {
        char text[sizeof(e->text)];
        size_t n;

        va_start(ap, fmt);
        vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        n = strlen(text);
        snprintf(text + n, sizeof(text) - n, ": %s",
                 strerror(code < 0 ? -code : code));
        memcpy(e->text, text, sizeof(text));
    }
    errno = saved;
    return code;
}

void ck_err_and(struct ck_err *e, const char *fmt, ...)
{
    size_t n = strlen(e->text);
    va_list ap;

    if (n)
        n += (size_t)snprintf(e->text + n, sizeof(e->text) - n, "; ");
    if (n >= sizeof(e->text))
        return;
    va_start(ap, fmt);
    vsnprintf(e->text + n, sizeof(e->text) - n, fmt, ap);
    va_end(ap);
}
