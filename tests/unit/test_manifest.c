/* test_manifest.c - a manifest comes back as it was, or not at all. */
#include "unit.h"

#include <errno.h>

#include "lib/base/manifest.h"
#include "lib/image/sum.h"

static struct ck_manifest *example(void)
{
    struct ck_manifest *m = ck_manifest_create();
    struct ck_manifest_tree *t = ck_manifest_add_tree(m);

    m->number = 3;
    m->generation = 2;
    m->time = 1767225600;
    m->seconds = 1.25;
    m->stall_seconds = 0.004211;
    m->processes = 5;
    m->job = strdup("4711");
    m->name = strdup("-");
    t->name = strdup("main");
    t->node = strdup("n1");
    t->processes = 5;
    for (unsigned i = 0; i < 5; i++) {
        struct ck_manifest_image *im = ck_manifest_add_image(m);
        char file[64];

        snprintf(file, sizeof(file), "proc.main.%u.img", 100 + i);
        im->file = strdup(file);
        im->kind = CK_IMAGE_PROCESS;
        im->tree = strdup("main");
        im->node = strdup("n1");
        im->vpid = 100 + i;
        im->bytes = 1000 + i;
        im->raw_bytes = UINT64_MAX;
        im->checksum = 0xabcdef0123456789u;
        im->command = strdup("a program\n100 % \xc3\xa4");
    }
    return m;
}

/* Text with a right last line, whatever it says. */
static char *sealed(const char *body, size_t *len)
{
    char *text = NULL;

    assert_true(asprintf(&text, "%send %016llx\n", body,
                         (unsigned long long)ck_sum64(body, strlen(body))) >
                0);
    *len = strlen(text);
    return text;
}

static int parse_body(const char *body)
{
    struct ck_manifest *m;
    struct ck_err e;
    size_t len;
    char *text = sealed(body, &len);
    int rc = ck_manifest_parse(text, len, &m, &e);

    ck_manifest_destroy(m);
    free(text);
    return rc;
}

#define HEAD                                                                \
    "ckpt-manifest 1\nnumber 1\ngeneration 0\ntime 1\nseconds 1.000000\n"   \
    "stall_seconds 0.000000\nprocesses 1\njob -\n"
#define IMAGE_TAIL " main n1 1 2 3 0123456789abcdef sh\n"

static void what_is_formatted_is_parsed(void **state)
{
    struct ck_manifest *m = example(), *back = NULL;
    struct ck_err e;
    size_t len;
    char *text = ck_manifest_format(m, &len);

    (void)state;
    assert_int_equal(ck_manifest_parse(text, len, &back, &e), 0);
    assert_int_equal(back->number, 3);
    assert_true(back->seconds == 1.25);
    assert_string_equal(back->job, "4711");
    assert_string_equal(back->name, "-");
    assert_int_equal(back->ntrees, 1);
    assert_string_equal(back->tree[0].node, "n1");
    assert_int_equal(back->nimages, 5);
    assert_string_equal(back->image[4].file, "proc.main.104.img");
    assert_string_equal(back->image[4].command, m->image[4].command);
    assert_true(back->image[4].raw_bytes == UINT64_MAX);
    assert_true(back->image[4].checksum == 0xabcdef0123456789u);
    ck_manifest_destroy(back);
    ck_manifest_destroy(m);
    free(text);
}

static void every_changed_byte_is_refused(void **state)
{
    struct ck_manifest *m = example(), *back;
    size_t len;
    char *text = ck_manifest_format(m, &len);

    (void)state;
    for (size_t i = 0; i < len; i++) {
        text[i] ^= 1;
        if (!ck_manifest_parse(text, len, &back, NULL))
            fail_msg("byte %zu may be wrong", i);
        text[i] ^= 1;
    }
    ck_manifest_destroy(m);
    free(text);
}

static void every_truncation_is_refused(void **state)
{
    struct ck_manifest *m = example(), *back;
    size_t len;
    char *text = ck_manifest_format(m, &len);

    (void)state;
    for (size_t n = 0; n < len; n++) {
        char *copy = malloc(n + 1); /* its own size: overruns are seen */

        memcpy(copy, text, n);
        if (!ck_manifest_parse(copy, n, &back, NULL))
            fail_msg("passes when cut to %zu bytes", n);
        free(copy);
    }
    ck_manifest_destroy(m);
    free(text);
}

static void an_unknown_version_is_named(void **state)
{
    struct ck_manifest *m;
    struct ck_err e;
    size_t len;
    char *text = sealed("ckpt-manifest 2\nnumber 1\n", &len);

    (void)state;
    assert_int_equal(ck_manifest_parse(text, len, &m, &e), -EPROTONOSUPPORT);
    assert_non_null(strstr(e.text, "version 2"));
    free(text);
}

static void an_unknown_key_is_refused(void **state)
{
    (void)state;
    assert_int_equal(parse_body(HEAD "name -\n"), 0);
    assert_int_equal(parse_body(HEAD "name -\nnews 1\n"), -EPROTONOSUPPORT);
}

static void a_missing_or_second_key_is_refused(void **state)
{
    (void)state;
    assert_int_equal(parse_body(HEAD), -EBADMSG);
    assert_int_equal(parse_body(HEAD "name -\nname -\n"), -EBADMSG);
}

static void a_file_name_cannot_lead_elsewhere(void **state)
{
    (void)state;
    assert_int_equal(
        parse_body(HEAD "name -\nimage proc a.img" IMAGE_TAIL), 0);
    assert_int_equal(
        parse_body(HEAD "name -\nimage proc ../a" IMAGE_TAIL), -EBADMSG);
    assert_int_equal(
        parse_body(HEAD "name -\nimage proc a%2fb" IMAGE_TAIL), -EBADMSG);
    assert_int_equal(
        parse_body(HEAD "name -\nimage proc -" IMAGE_TAIL), -EBADMSG);
    assert_int_equal(
        parse_body(HEAD "name -\nimage proc MANIFEST" IMAGE_TAIL), -EBADMSG);
}

static void a_wrong_value_is_refused(void **state)
{
    (void)state;
    assert_int_equal(parse_body(HEAD "name a%0\n"), -EBADMSG);
    assert_int_equal(parse_body(HEAD "name a%00\n"), -EBADMSG);
    assert_int_equal(parse_body(HEAD "name a b\n"), -EBADMSG);
    assert_int_equal(parse_body(HEAD "name\n"), -EBADMSG);
    assert_int_equal(parse_body(HEAD "name -\ntree main n1 4294967296\n"),
                     -EBADMSG);
    assert_int_equal(parse_body(HEAD "name -\ntree main n1 -1\n"), -EBADMSG);
    assert_int_equal(
        parse_body(HEAD "name -\nimage wood a.img" IMAGE_TAIL), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_formatted_is_parsed),
        cmocka_unit_test(every_changed_byte_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(an_unknown_version_is_named),
        cmocka_unit_test(an_unknown_key_is_refused),
        cmocka_unit_test(a_missing_or_second_key_is_refused),
        cmocka_unit_test(a_file_name_cannot_lead_elsewhere),
        cmocka_unit_test(a_wrong_value_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
