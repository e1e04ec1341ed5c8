/*
 * fuzz_manifest.c - the manifest parser. The input is tried as it is and with
 * a right last line, so that what stands before it is reached; what is
 * accepted must come out of the formatter in a form that is accepted again
 * and is then the same.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/manifest.h"
#include "lib/image/sum.h"

static void parse(const char *text, size_t len)
{
    struct ck_manifest *m, *again;
    struct ck_err e;
    size_t n1, n2;
    char *t1, *t2;

    if (ck_manifest_parse(text, len, &m, &e)) {
        FUZZ_CHECK(!m && *e.text);
        return;
    }
    t1 = ck_manifest_format(m, &n1);
    FUZZ_CHECK(t1 && !ck_manifest_parse(t1, n1, &again, &e));
    t2 = ck_manifest_format(again, &n2);
    FUZZ_CHECK(t2 && n1 == n2 && !memcmp(t1, t2, n1));
    free(t1);
    free(t2);
    ck_manifest_destroy(m);
    ck_manifest_destroy(again);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 32);
    int n;

    FUZZ_CHECK(text != NULL);
    memcpy(text, data, size);
    parse(text, size);
    n = sprintf(text + size, "end %016llx\n",
                (unsigned long long)ck_sum64(data, size));
    parse(text, size + (size_t)n);
    free(text);
}

void fuzz_seeds(void (*put)(const char *name, const void *p, size_t n))
{
    struct ck_manifest *m = ck_manifest_create();
    struct ck_manifest_tree *t = ck_manifest_add_tree(m);
    struct ck_manifest_image *im = ck_manifest_add_image(m);
    size_t len;
    char *text;

    m->number = 12;
    m->seconds = 1.5;
    m->name = strdup("a name");
    t->name = strdup("main");
    t->node = strdup("n1");
    im->file = strdup("proc.main.1.img");
    im->kind = CK_IMAGE_PROCESS;
    im->tree = strdup("main");
    im->command = strdup("x\ny");
    text = ck_manifest_format(m, &len);
    put("whole", text, len);
    put("body", text, len - 21);
    free(text);
    ck_manifest_destroy(m);
}
