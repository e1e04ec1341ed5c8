/*
 * json.h - JSON: a writer, and a reader for documents of our own.
 *
 * The writer grows a buffer; out of memory sets `bad` and ends up as a NULL
 * from ck_json_take. Strings are escaped; bytes that are not UTF-8 come out
 * as U+FFFD. `key` is NULL inside an array and for the outermost value.
 * The reader accepts what RFC 8259 allows, at most 32 deep.
 */
#ifndef CKPT_LIB_BASE_JSON_H
#define CKPT_LIB_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

struct ck_json {
    char *p;
    size_t len, cap;
    int bad;
    int comma; /* a value stands before the next one */
    int depth;
    int pretty; /* new lines and indentation */
};

void ck_json_init(struct ck_json *j, int pretty);
void ck_json_object(struct ck_json *j, const char *key);
void ck_json_array(struct ck_json *j, const char *key);
void ck_json_end_object(struct ck_json *j);
void ck_json_end_array(struct ck_json *j);
void ck_json_str(struct ck_json *j, const char *key, const char *value);
void ck_json_u64(struct ck_json *j, const char *key, uint64_t value);
void ck_json_i64(struct ck_json *j, const char *key, int64_t value);
void ck_json_real(struct ck_json *j, const char *key, double value);
void ck_json_bool(struct ck_json *j, const char *key, int value);
void ck_json_null(struct ck_json *j, const char *key);
/* The text, NUL-terminated, to be freed by the caller; NULL if something
 * went wrong. Its length in *len if that is not NULL. */
char *ck_json_take(struct ck_json *j, size_t *len);
void ck_json_drop(struct ck_json *j);

enum ck_jkind { CK_JNULL, CK_JBOOL, CK_JNUM, CK_JSTR, CK_JARR, CK_JOBJ };
struct ck_jval {
    enum ck_jkind kind;
    double num;  /* JNUM, JBOOL (0 or 1) */
    char *str;   /* JSTR: decoded, NUL-terminated */
    char *key;   /* when it stands in an object */
    struct ck_jval *child; /* JARR, JOBJ: first */
    struct ck_jval *next;
};
/* NULL: not JSON, too deep, or out of memory. */
struct ck_jval *ck_jparse(const char *text, size_t len);
void ck_jfree(struct ck_jval *v);
/* Member by key; NULL if v is not an object or has none. */
const struct ck_jval *ck_jget(const struct ck_jval *v, const char *key);
/* Member's value, or the default when missing or of another kind. */
const char *ck_jstr(const struct ck_jval *v, const char *key,
                    const char *otherwise);
double ck_jnum(const struct ck_jval *v, const char *key, double otherwise);

#endif
