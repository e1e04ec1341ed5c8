/*
 * manifest.c - see manifest.h; the grammar is in docs/image-format.md.
 *
 * Text is formatted and parsed from the same tables of keys. The parser
 * takes no line it does not understand: a manifest decides what a restart
 * believes in, so a doubt is a refusal.
 */
#include "lib/base/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/image/sum.h"

#define FIRST_LINE "ckpt-manifest "

enum type { T_U32, T_U64, T_TIME, T_STR, T_KIND, T_SUM, T_FILE };

struct field {
    const char *key; /* of a line; in a list line only for messages */
    enum type type;
    size_t at;
};

#define FIELD(s, k, t) {#k, t, offsetof(struct s, k)}

static const struct field scalars[] = {
    FIELD(ck_manifest, number, T_U32),
    FIELD(ck_manifest, generation, T_U32),
    FIELD(ck_manifest, time, T_U64),
    FIELD(ck_manifest, seconds, T_TIME),
    FIELD(ck_manifest, stall_seconds, T_TIME),
    FIELD(ck_manifest, processes, T_U32),
    FIELD(ck_manifest, job, T_STR),
    FIELD(ck_manifest, name, T_STR),
};
static const struct field tree_fields[] = {
    FIELD(ck_manifest_tree, name, T_STR),
    FIELD(ck_manifest_tree, node, T_STR),
    FIELD(ck_manifest_tree, processes, T_U32),
};
static const struct field image_fields[] = {
    FIELD(ck_manifest_image, kind, T_KIND),
    FIELD(ck_manifest_image, file, T_FILE),
    FIELD(ck_manifest_image, tree, T_STR),
    FIELD(ck_manifest_image, node, T_STR),
    FIELD(ck_manifest_image, vpid, T_U32),
    FIELD(ck_manifest_image, bytes, T_U64),
    FIELD(ck_manifest_image, raw_bytes, T_U64),
    FIELD(ck_manifest_image, checksum, T_SUM),
    FIELD(ck_manifest_image, command, T_STR),
};
#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char *const kind_names[] = {
    [CK_IMAGE_PROCESS] = "proc",
    [CK_IMAGE_TREE] = "tree",
};

const char *ck_image_kind_name(int kind)
{
    return kind > 0 && kind < (int)N(kind_names) ? kind_names[kind] : "?";
}

int ck_image_kind_of(const char *name)
{
    for (int i = 1; i < (int)N(kind_names); i++) {
        if (!strcmp(kind_names[i], name))
            return i;
    }
    return -1;
}

struct ck_manifest *ck_manifest_create(void)
{
    return calloc(1, sizeof(struct ck_manifest));
}

static void drop_strings(void *entry, const struct field *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (f[i].type == T_STR || f[i].type == T_FILE)
            free(*(char **)((char *)entry + f[i].at));
    }
}

void ck_manifest_destroy(struct ck_manifest *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->ntrees; i++)
        drop_strings(&m->tree[i], tree_fields, N(tree_fields));
    for (size_t i = 0; i < m->nimages; i++)
        drop_strings(&m->image[i], image_fields, N(image_fields));
    drop_strings(m, scalars, N(scalars));
    free(m->tree);
    free(m->image);
    free(m);
}

/* Room for one more entry; capacities are powers of two. */
static void *grow(void *array, size_t *n, size_t size)
{
    char *p = array;

    if ((*n & (*n - 1)) == 0) {
        p = realloc(array, (*n ? 2 * *n : 1) * size);
        if (!p)
            return NULL;
    }
    memset(p + *n * size, 0, size);
    ++*n;
    return p;
}

struct ck_manifest_tree *ck_manifest_add_tree(struct ck_manifest *m)
{
    void *p = grow(m->tree, &m->ntrees, sizeof(*m->tree));

    if (!p)
        return NULL;
    m->tree = p;
    return &m->tree[m->ntrees - 1];
}

struct ck_manifest_image *ck_manifest_add_image(struct ck_manifest *m)
{
    void *p = grow(m->image, &m->nimages, sizeof(*m->image));

    if (!p)
        return NULL;
    m->image = p;
    return &m->image[m->nimages - 1];
}

uint64_t ck_manifest_bytes(const struct ck_manifest *m)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < m->nimages; i++)
        sum += m->image[i].bytes;
    return sum;
}

uint64_t ck_manifest_raw_bytes(const struct ck_manifest *m)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < m->nimages; i++)
        sum += m->image[i].raw_bytes;
    return sum;
}

const struct ck_manifest_image *
ck_manifest_find(const struct ck_manifest *m, const char *file)
{
    for (size_t i = 0; i < m->nimages; i++) {
        if (!strcmp(m->image[i].file, file))
            return &m->image[i];
    }
    return NULL;
}

/* ---- text ---- */

/* A word: anything that could end one is %XX; "-" is the empty string. */
static void put_word(FILE *f, const char *s)
{
    if (!s || !*s) {
        fputs("-", f);
        return;
    }
    if (!strcmp(s, "-")) {
        fputs("%2d", f);
        return;
    }
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c <= ' ' || c >= 0x7f || c == '%')
            fprintf(f, "%%%02x", c);
        else
            fputc(c, f);
    }
}

static void put_value(FILE *f, const struct field *fd, const void *entry)
{
    const void *v = (const char *)entry + fd->at;
    uint64_t us;

    switch (fd->type) {
    case T_U32:
        fprintf(f, "%u", *(const uint32_t *)v);
        break;
    case T_U64:
        fprintf(f, "%llu", (unsigned long long)*(const uint64_t *)v);
        break;
    case T_TIME:
        us = *(const double *)v > 0
                 ? (uint64_t)(*(const double *)v * 1e6 + 0.5) : 0;
        fprintf(f, "%llu.%06llu", (unsigned long long)(us / 1000000),
                (unsigned long long)(us % 1000000));
        break;
    case T_STR:
    case T_FILE:
        put_word(f, *(char *const *)v);
        break;
    case T_KIND:
        fputs(ck_image_kind_name(*(const int *)v), f);
        break;
    case T_SUM:
        fprintf(f, "%016llx", (unsigned long long)*(const uint64_t *)v);
        break;
    }
}

static void put_list(FILE *f, const char *key, const struct field *fd,
                     size_t n, const void *entry)
{
    fputs(key, f);
    for (size_t i = 0; i < n; i++) {
        fputc(' ', f);
        put_value(f, &fd[i], entry);
    }
    fputc('\n', f);
}

char *ck_manifest_format(const struct ck_manifest *m, size_t *len)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, len);

    if (!f)
        return NULL;
    fprintf(f, FIRST_LINE "%d\n", CK_MANIFEST_VERSION);
    for (size_t i = 0; i < N(scalars); i++)
        put_list(f, scalars[i].key, &scalars[i], 1, m);
    for (size_t i = 0; i < m->ntrees; i++)
        put_list(f, "tree", tree_fields, N(tree_fields), &m->tree[i]);
    for (size_t i = 0; i < m->nimages; i++)
        put_list(f, "image", image_fields, N(image_fields), &m->image[i]);
    if (!fflush(f))
        fprintf(f, "end %016llx\n",
                (unsigned long long)ck_sum64(text, *len));
    if (fclose(f)) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- parsing ---- */

/* A number of at most `max`, in all of w[0..n). */
static int number(const char *w, size_t n, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (!n)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(w[i] - '0');

        if (w[i] < '0' || w[i] > '9' || v > (max - d) / 10)
            return -EBADMSG;
        v = v * 10 + d;
    }
    *out = v;
    return 0;
}

static int seconds(const char *w, size_t n, double *out)
{
    uint64_t whole, micro;

    if (n < 8 || w[n - 7] != '.' ||
        number(w, n - 7, UINT32_MAX, &whole) ||
        number(w + n - 6, 6, 999999, &micro))
        return -EBADMSG;
    *out = (double)whole + (double)micro / 1e6;
    return 0;
}

static int hex(const char *w, size_t n, uint64_t *out)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++) {
        if (w[i] >= '0' && w[i] <= '9')
            v = v << 4 | (uint64_t)(w[i] - '0');
        else if (w[i] >= 'a' && w[i] <= 'f')
            v = v << 4 | (uint64_t)(w[i] - 'a' + 10);
        else
            return -EBADMSG;
    }
    *out = v;
    return 0;
}

static int word(const char *w, size_t n, char **out)
{
    char *s = malloc(n + 1);
    size_t k = 0;

    if (!s)
        return -ENOMEM;
    if (n == 1 && *w == '-')
        n = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t c = (unsigned char)w[i];

        if (c <= ' ' || c >= 0x7f ||
            (c == '%' && (n - i < 3 || hex(w + i + 1, 2, &c) || !c))) {
            free(s);
            return -EBADMSG;
        }
        if (w[i] == '%')
            i += 2;
        s[k++] = (char)c;
    }
    s[k] = '\0';
    free(*out);
    *out = s;
    return 0;
}

/* A file of the set: a name that leads nowhere else. */
static int file_name_ok(const char *s)
{
    return *s && *s != '.' && !strchr(s, '/') && strlen(s) < 256 &&
           strncmp(s, CK_MANIFEST_NAME, strlen(CK_MANIFEST_NAME)) != 0;
}

static int value(const char *w, size_t n, const struct field *f, void *entry)
{
    void *v = (char *)entry + f->at;
    uint64_t x = 0;
    char *s = NULL;
    int rc;

    switch (f->type) {
    case T_U32:
        rc = number(w, n, UINT32_MAX, &x);
        *(uint32_t *)v = (uint32_t)x;
        return rc;
    case T_U64:
        return number(w, n, UINT64_MAX, v);
    case T_TIME:
        return seconds(w, n, v);
    case T_SUM:
        return n == 16 ? hex(w, n, v) : -EBADMSG;
    case T_STR:
        return word(w, n, v);
    case T_FILE:
        rc = word(w, n, v);
        return rc ? rc : file_name_ok(*(char **)v) ? 0 : -EBADMSG;
    case T_KIND:
        rc = word(w, n, &s);
        *(int *)v = rc ? -1 : ck_image_kind_of(s);
        free(s);
        return rc ? rc : *(int *)v < 0 ? -EBADMSG : 0;
    }
    return -EBADMSG;
}

/* The words of a line after its key, one for each field. */
static int line_values(const char *p, const char *end, const struct field *f,
                       size_t n, void *entry, unsigned line,
                       struct ck_err *e)
{
    for (size_t i = 0; i < n; i++) {
        const char *w = p, *stop;
        int rc;

        if (p == end || *p != ' ')
            return ck_err(e, -EBADMSG, "line %u has no %s", line, f[i].key);
        w++;
        stop = memchr(w, ' ', (size_t)(end - w));
        p = stop ? stop : end;
        rc = value(w, (size_t)(p - w), &f[i], entry);
        if (rc == -ENOMEM)
            return ck_err(e, rc, "out of memory");
        if (rc)
            return ck_err(e, rc, "line %u has a wrong %s", line, f[i].key);
    }
    if (p != end)
        return ck_err(e, -EBADMSG, "line %u goes on after its end", line);
    return 0;
}

static int parse_line(struct ck_manifest *m, const char *p, const char *end,
                      unsigned line, unsigned *seen, struct ck_err *e)
{
    const char *sp = memchr(p, ' ', (size_t)(end - p));
    size_t n = (size_t)((sp ? sp : end) - p);
    void *entry;

    for (size_t i = 0; i < N(scalars); i++) {
        if (n != strlen(scalars[i].key) || memcmp(p, scalars[i].key, n))
            continue;
        if (*seen & 1u << i)
            return ck_err(e, -EBADMSG, "line %u: a second %s", line,
                          scalars[i].key);
        *seen |= 1u << i;
        return line_values(p + n, end, &scalars[i], 1, m, line, e);
    }
    if (n == 4 && !memcmp(p, "tree", 4)) {
        entry = ck_manifest_add_tree(m);
        return entry ? line_values(p + n, end, tree_fields, N(tree_fields),
                                   entry, line, e)
                     : ck_err(e, -ENOMEM, "out of memory");
    }
    if (n == 5 && !memcmp(p, "image", 5)) {
        entry = ck_manifest_add_image(m);
        return entry ? line_values(p + n, end, image_fields, N(image_fields),
                                   entry, line, e)
                     : ck_err(e, -ENOMEM, "out of memory");
    }
    return ck_err(e, -EPROTONOSUPPORT, "line %u has an unknown key", line);
}

/* The last line, `end SUM`. *body: how much of the text it sums up. */
static int check_end(const char *text, size_t len, size_t *body,
                     struct ck_err *e)
{
    const size_t line = 4 + 16 + 1;
    uint64_t sum;

    if (len < line || text[len - 1] != '\n' ||
        memcmp(text + len - line, "end ", 4) ||
        (len > line && text[len - line - 1] != '\n'))
        return ck_err(e, -EBADMSG, "cut off: its last line is missing");
    if (hex(text + len - 17, 16, &sum) || sum != ck_sum64(text, len - line))
        return ck_err(e, -EBADMSG, "damaged: its sum is wrong");
    *body = len - line;
    return 0;
}

static int parse_into(struct ck_manifest *m, const char *text, size_t body,
                      struct ck_err *e)
{
    const char *p = text, *end = text + body, *nl;
    unsigned line = 1, seen = 0;
    uint64_t version = 0;
    int rc;

    for (; p < end; p = nl + 1, line++) {
        nl = memchr(p, '\n', (size_t)(end - p));
        if (!nl)
            return ck_err(e, -EBADMSG, "line %u is cut off", line);
        if (line > 1) {
            rc = parse_line(m, p, nl, line, &seen, e);
            if (rc)
                return rc;
            continue;
        }
        if ((size_t)(nl - p) <= strlen(FIRST_LINE) ||
            memcmp(p, FIRST_LINE, strlen(FIRST_LINE)) ||
            number(p + strlen(FIRST_LINE),
                   (size_t)(nl - p) - strlen(FIRST_LINE), UINT32_MAX,
                   &version))
            return ck_err(e, -EBADMSG, "not a manifest");
        if (version != CK_MANIFEST_VERSION)
            return ck_err(e, -EPROTONOSUPPORT,
                          "of version %u, this program knows version %d",
                          (unsigned)version, CK_MANIFEST_VERSION);
    }
    if (seen != (1u << N(scalars)) - 1)
        return ck_err(e, -EBADMSG, "incomplete: a line is missing");
    if (!m->number)
        return ck_err(e, -EBADMSG, "line 2 has a wrong number");
    return 0;
}

int ck_manifest_parse(const char *text, size_t len, struct ck_manifest **out,
                      struct ck_err *e)
{
    struct ck_manifest *m;
    size_t body = 0;
    int rc = check_end(text, len, &body, e);

    *out = NULL;
    if (rc)
        return rc;
    m = ck_manifest_create();
    if (!m)
        return ck_err(e, -ENOMEM, "out of memory");
    rc = parse_into(m, text, body, e);
    if (rc) {
        ck_manifest_destroy(m);
        return rc;
    }
    *out = m;
    return 0;
}

/* Reads the file into *text; -EFBIG above CK_MANIFEST_MAX. */
static int slurp(int fd, char **text, size_t *len)
{
    struct stat st;
    size_t n = 0;
    ssize_t k;

    if (fstat(fd, &st))
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    if (st.st_size > (off_t)CK_MANIFEST_MAX)
        return -EFBIG;
    *text = malloc((size_t)st.st_size + 1);
    if (!*text)
        return -ENOMEM;
    while (n < (size_t)st.st_size) {
        k = read(fd, *text + n, (size_t)st.st_size - n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return -errno;
        if (k == 0)
            break;
        n += (size_t)k;
    }
    *len = n;
    return 0;
}

int ck_manifest_load(const char *path, struct ck_manifest **out,
                     struct ck_err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct ck_err why;
    char *text = NULL;
    size_t len = 0;
    int rc;

    *out = NULL;
    if (fd < 0)
        return ck_err_sys(e, -errno, "%s", path);
    rc = slurp(fd, &text, &len);
    close(fd);
    if (rc) {
        free(text);
        return ck_err_sys(e, rc, "%s", path);
    }
    rc = ck_manifest_parse(text, len, out, &why);
    free(text);
    return rc ? ck_err(e, rc, "%s: %s", path, why.text) : 0;
}
