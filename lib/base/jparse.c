/*
 * jparse.c - the reader of json.h: recursive descent over one buffer, every
 * step bounded by its end, at most 32 deep.
 */
#include "lib/base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 32

struct in {
    const char *p, *end;
};

static struct ck_jval *value(struct in *in, int depth);

static void blank(struct in *in)
{
    while (in->p < in->end && strchr(" \t\r\n", *in->p) && *in->p)
        in->p++;
}

static int take(struct in *in, char c)
{
    blank(in);
    if (in->p >= in->end || *in->p != c)
        return 0;
    in->p++;
    return 1;
}

static long hex4(struct in *in)
{
    long v = 0;

    if (in->end - in->p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = *in->p++;

        if (c >= '0' && c <= '9')
            v = v * 16 + (c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            v = v * 16 + ((c | 32) - 'a' + 10);
        else
            return -1;
    }
    return v;
}

static size_t put_utf8(char *out, unsigned long c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* Behind "\u". Bytes written to out, or 0. */
static size_t unicode(struct in *in, char *out)
{
    long c = hex4(in), d;

    if (c <= 0 || (c >= 0xdc00 && c <= 0xdfff))
        return 0; /* U+0000 cannot stand in a C string */
    if (c >= 0xd800 && c <= 0xdbff) {
        if (in->end - in->p < 2 || in->p[0] != '\\' || in->p[1] != 'u')
            return 0;
        in->p += 2;
        d = hex4(in);
        if (d < 0xdc00 || d > 0xdfff)
            return 0;
        c = 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
    }
    return put_utf8(out, (unsigned long)c);
}

/* A string behind its opening quote; to be freed. The decoded text is never
 * longer than what stands in the document. */
static char *string(struct in *in)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *s = malloc((size_t)(in->end - in->p) + 1), *shrunk;
    size_t n = 0, add;
    int bad = 0;

    while (s && !bad && in->p < in->end && *in->p != '"') {
        unsigned char c = (unsigned char)*in->p++;
        const char *esc;

        if (c >= 0x20 && c != '\\') {
            s[n++] = (char)c;
            continue;
        }
        if (c < 0x20 || in->p >= in->end)
            bad = 1;
        else if ((c = (unsigned char)*in->p++) == 'u') {
            add = unicode(in, s + n);
            bad = add == 0;
            n += add;
        } else if (c && (esc = strchr(from, c)))
            s[n++] = to[esc - from];
        else
            bad = 1;
    }
    if (!s || bad || in->p >= in->end || *in->p != '"') {
        free(s);
        return NULL;
    }
    in->p++;
    s[n] = 0;
    shrunk = realloc(s, n + 1);
    return shrunk ? shrunk : s;
}

static int word(struct in *in, const char *w)
{
    size_t n = strlen(w);

    if ((size_t)(in->end - in->p) < n || memcmp(in->p, w, n) != 0)
        return 0;
    in->p += n;
    return 1;
}

static int digits(struct in *in)
{
    const char *s = in->p;

    while (in->p < in->end && *in->p >= '0' && *in->p <= '9')
        in->p++;
    return in->p > s;
}

static int number(struct in *in, double *out)
{
    char buf[64];
    const char *s = in->p;
    size_t n;

    if (in->p < in->end && *in->p == '-')
        in->p++;
    if (!digits(in))
        return 0;
    if (in->p < in->end && *in->p == '.') {
        in->p++;
        if (!digits(in))
            return 0;
    }
    if (in->p < in->end && (*in->p | 32) == 'e') {
        in->p++;
        if (in->p < in->end && (*in->p == '+' || *in->p == '-'))
            in->p++;
        if (!digits(in))
            return 0;
    }
    n = (size_t)(in->p - s);
    if (n >= sizeof(buf))
        return 0;
    memcpy(buf, s, n);
    buf[n] = 0;
    *out = strtod(buf, NULL);
    return 1;
}

/* Members up to the closing bracket. 0, or -1. */
static int members(struct in *in, struct ck_jval *v, int depth)
{
    char close = v->kind == CK_JOBJ ? '}' : ']';
    struct ck_jval **tail = &v->child;

    if (take(in, close))
        return 0;
    for (;;) {
        char *key = NULL;

        if (v->kind == CK_JOBJ) {
            if (!take(in, '"') || !(key = string(in)))
                return -1;
            if (!take(in, ':')) {
                free(key);
                return -1;
            }
        }
        *tail = value(in, depth + 1);
        if (!*tail) {
            free(key);
            return -1;
        }
        (*tail)->key = key;
        tail = &(*tail)->next;
        if (take(in, close))
            return 0;
        if (!take(in, ','))
            return -1;
    }
}

static int scalar(struct in *in, struct ck_jval *v)
{
    if (*in->p == '"') {
        in->p++;
        v->kind = CK_JSTR;
        v->str = string(in);
        return v->str ? 0 : -1;
    }
    if (word(in, "null"))
        return 0;
    if (word(in, "true") || word(in, "false")) {
        v->kind = CK_JBOOL;
        v->num = in->p[-2] == 'u';
        return 0;
    }
    v->kind = CK_JNUM;
    return number(in, &v->num) ? 0 : -1;
}

static struct ck_jval *value(struct in *in, int depth)
{
    struct ck_jval *v;
    int r;

    blank(in);
    if (depth > MAX_DEPTH || in->p >= in->end)
        return NULL;
    v = calloc(1, sizeof(*v));
    if (!v)
        return NULL;
    if (*in->p == '{' || *in->p == '[') {
        v->kind = *in->p++ == '{' ? CK_JOBJ : CK_JARR;
        r = members(in, v, depth);
    } else {
        r = scalar(in, v);
    }
    if (r < 0) {
        ck_jfree(v);
        return NULL;
    }
    return v;
}

struct ck_jval *ck_jparse(const char *text, size_t len)
{
    struct in in = {text, text + len};
    struct ck_jval *v = value(&in, 0);

    blank(&in);
    if (v && in.p != in.end) {
        ck_jfree(v);
        return NULL;
    }
    return v;
}

void ck_jfree(struct ck_jval *v)
{
    while (v) {
        struct ck_jval *next = v->next;

        ck_jfree(v->child);
        free(v->str);
        free(v->key);
        free(v);
        v = next;
    }
}

const struct ck_jval *ck_jget(const struct ck_jval *v, const char *key)
{
    if (!v || v->kind != CK_JOBJ)
        return NULL;
    for (const struct ck_jval *m = v->child; m; m = m->next)
        if (m->key && strcmp(m->key, key) == 0)
            return m;
    return NULL;
}

const char *ck_jstr(const struct ck_jval *v, const char *key,
                    const char *otherwise)
{
    const struct ck_jval *m = ck_jget(v, key);

    return m && m->kind == CK_JSTR ? m->str : otherwise;
}

double ck_jnum(const struct ck_jval *v, const char *key, double otherwise)
{
    const struct ck_jval *m = ck_jget(v, key);

    return m && (m->kind == CK_JNUM || m->kind == CK_JBOOL) ? m->num
                                                            : otherwise;
}
