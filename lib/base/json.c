/* json.c - the writer; see json.h. */
#include "lib/base/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ck_json_init(struct ck_json *j, int pretty)
{
    memset(j, 0, sizeof(*j));
    j->pretty = pretty;
}

void ck_json_drop(struct ck_json *j)
{
    free(j->p);
    ck_json_init(j, j->pretty);
}

static void raw(struct ck_json *j, const char *s, size_t n)
{
    if (j->bad)
        return;
    if (j->len + n + 1 > j->cap) {
        size_t cap = (j->cap ? j->cap * 2 : 512) + n;
        char *p = realloc(j->p, cap);

        if (!p) {
            j->bad = 1;
            return;
        }
        j->p = p;
        j->cap = cap;
    }
    memcpy(j->p + j->len, s, n);
    j->len += n;
    j->p[j->len] = 0;
}

static void text(struct ck_json *j, const char *s)
{
    raw(j, s, strlen(s));
}

/* Length of the UTF-8 sequence at s (at most n bytes); 0 if it is none:
 * overlong forms, surrogates and what is above U+10FFFF are none. */
static size_t utf8(const unsigned char *s, size_t n)
{
    size_t need = s[0] < 0x80   ? 1
                  : s[0] < 0xc2 ? 0
                  : s[0] < 0xe0 ? 2
                  : s[0] < 0xf0 ? 3
                  : s[0] < 0xf5 ? 4
                                : 0;

    if (need == 0 || need > n)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return need;
}

static void string(struct ck_json *j, const char *value)
{
    const unsigned char *s = (const unsigned char *)value;
    size_t left = strlen(value);

    raw(j, "\"", 1);
    while (left > 0) {
        size_t n = utf8(s, left);
        char buf[8];

        if (n == 0) {
            text(j, "\xef\xbf\xbd");
            n = 1;
        } else if (*s == '"' || *s == '\\') {
            snprintf(buf, sizeof(buf), "\\%c", *s);
            text(j, buf);
        } else if (*s == '\n') {
            text(j, "\\n");
        } else if (*s == '\t') {
            text(j, "\\t");
        } else if (*s < 0x20 || *s == 0x7f) {
            snprintf(buf, sizeof(buf), "\\u%04x", *s);
            text(j, buf);
        } else {
            raw(j, (const char *)s, n);
        }
        s += n;
        left -= n;
    }
    raw(j, "\"", 1);
}

static void newline(struct ck_json *j)
{
    if (!j->pretty)
        return;
    text(j, "\n");
    for (int i = 0; i < j->depth; i++)
        text(j, "  ");
}

static void before(struct ck_json *j, const char *key)
{
    if (j->comma)
        text(j, ",");
    if (j->depth > 0)
        newline(j);
    j->comma = 1;
    if (key) {
        string(j, key);
        text(j, j->pretty ? ": " : ":");
    }
}

static void begin(struct ck_json *j, const char *key, const char *bracket)
{
    before(j, key);
    text(j, bracket);
    j->depth++;
    j->comma = 0;
}

static void end(struct ck_json *j, const char *bracket)
{
    int empty = !j->comma;

    j->depth--;
    if (!empty)
        newline(j);
    text(j, bracket);
    j->comma = 1;
    if (j->depth == 0 && j->pretty)
        text(j, "\n");
}

void ck_json_object(struct ck_json *j, const char *key)
{
    begin(j, key, "{");
}

void ck_json_array(struct ck_json *j, const char *key)
{
    begin(j, key, "[");
}

void ck_json_end_object(struct ck_json *j)
{
    end(j, "}");
}

void ck_json_end_array(struct ck_json *j)
{
    end(j, "]");
}

void ck_json_str(struct ck_json *j, const char *key, const char *value)
{
    before(j, key);
    if (value)
        string(j, value);
    else
        text(j, "null");
}

static void number(struct ck_json *j, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void number(struct ck_json *j, const char *key, const char *fmt, ...)
{
    char buf[64];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    before(j, key);
    text(j, buf);
}

void ck_json_u64(struct ck_json *j, const char *key, uint64_t value)
{
    number(j, key, "%llu", (unsigned long long)value);
}

void ck_json_i64(struct ck_json *j, const char *key, int64_t value)
{
    number(j, key, "%lld", (long long)value);
}

void ck_json_real(struct ck_json *j, const char *key, double value)
{
    if (!isfinite(value))
        ck_json_null(j, key);
    else
        number(j, key, "%.15g", value);
}

void ck_json_bool(struct ck_json *j, const char *key, int value)
{
    before(j, key);
    text(j, value ? "true" : "false");
}

void ck_json_null(struct ck_json *j, const char *key)
{
    before(j, key);
    text(j, "null");
}

char *ck_json_take(struct ck_json *j, size_t *len)
{
    char *p = j->p;

    if (j->bad || j->depth != 0 || !p) {
        ck_json_drop(j);
        return NULL;
    }
    if (len)
        *len = j->len;
    ck_json_init(j, j->pretty);
    return p;
}
