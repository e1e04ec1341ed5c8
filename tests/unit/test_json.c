/* test_json.c - the writer and the reader of JSON. */
#include "tests/unit/unit.h"

#include "lib/base/json.h"

static char *one_string(const char *s)
{
    struct ck_json j;

    ck_json_init(&j, 0);
    ck_json_str(&j, NULL, s);
    return ck_json_take(&j, NULL);
}

static void strings_are_escaped(void **state)
{
    static const struct {
        const char *in, *out;
    } t[] = {
        {"plain", "\"plain\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"tab\tline\n", "\"tab\\tline\\n\""},
        {"\x01\x7f", "\"\\u0001\\u007f\""},
        {"\xc3\xa9", "\"\xc3\xa9\""},
        {"\xff", "\"\xef\xbf\xbd\""},
        {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* overlong NUL */
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"cut \xe2\x82", "\"cut \xef\xbf\xbd\xef\xbf\xbd\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        char *s = one_string(t[i].in);

        assert_non_null(s);
        assert_string_equal(s, t[i].out);
        free(s);
    }
}

static void what_is_written_can_be_read(void **state)
{
    struct ck_json j;
    struct ck_jval *v;
    const struct ck_jval *a;
    size_t n;
    char *s;

    (void)state;
    for (int pretty = 0; pretty < 2; pretty++) {
        ck_json_init(&j, pretty);
        ck_json_object(&j, NULL);
        ck_json_str(&j, "text", "q\"\n\xc3\xa9");
        ck_json_u64(&j, "big", 9007199254740992ull);
        ck_json_i64(&j, "minus", -5);
        ck_json_real(&j, "real", 0.125);
        ck_json_bool(&j, "yes", 1);
        ck_json_null(&j, "none");
        ck_json_array(&j, "list");
        ck_json_u64(&j, NULL, 1);
        ck_json_object(&j, NULL);
        ck_json_end_object(&j);
        ck_json_array(&j, NULL);
        ck_json_end_array(&j);
        ck_json_end_array(&j);
        ck_json_end_object(&j);
        s = ck_json_take(&j, &n);
        assert_non_null(s);
        assert_int_equal(n, strlen(s));
        v = ck_jparse(s, n);
        assert_non_null(v);
        assert_string_equal(ck_jstr(v, "text", ""), "q\"\n\xc3\xa9");
        assert_true(ck_jnum(v, "big", 0) == 9007199254740992.0);
        assert_true(ck_jnum(v, "minus", 0) == -5);
        assert_true(ck_jnum(v, "real", 0) == 0.125);
        assert_true(ck_jnum(v, "yes", 0) == 1);
        assert_int_equal(ck_jget(v, "none")->kind, CK_JNULL);
        a = ck_jget(v, "list");
        assert_int_equal(a->kind, CK_JARR);
        assert_int_equal(a->child->next->next->kind, CK_JARR);
        assert_null(a->child->next->next->next);
        ck_jfree(v);
        free(s);
    }
}

static void an_unfinished_document_is_none(void **state)
{
    struct ck_json j;

    (void)state;
    ck_json_init(&j, 0);
    ck_json_object(&j, NULL);
    assert_null(ck_json_take(&j, NULL));
}

static void good_documents_are_read(void **state)
{
    static const char *const good[] = {
        "0",    "-1.5e+3", "\"\\u00e9\\ud83d\\ude00\"", " [ ] ", "{}",
        "true", "[1,[2,[3]],{\"a\":null}]",
    };
    struct ck_jval *v;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        v = ck_jparse(good[i], strlen(good[i]));
        if (!v)
            fail_msg("refused: %s", good[i]);
        ck_jfree(v);
    }
    v = ck_jparse(good[2], strlen(good[2]));
    assert_string_equal(v->str, "\xc3\xa9\xf0\x9f\x98\x80");
    ck_jfree(v);
}

static void bad_documents_are_refused(void **state)
{
    static const char *const bad[] = {
        "",          "{",          "[1,]",       "{\"a\"}",  "{\"a\":}",
        "\"",        "\"\\",       "\"\\x\"",    "\"\\u12\"", "\"\\ud800\"",
        "\"\\udc00\"", "\"\\u0000\"", "01x",      "1 2",      "nul",
        "{1:2}",     "[1 2]",      "\"a\nb\"",   "-",        "1.",
        "1e",        "]",          "{\"a\":1,}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (ck_jparse(bad[i], strlen(bad[i])))
            fail_msg("accepted: %s", bad[i]);
}

static void depth_is_bounded(void **state)
{
    char deep[2001];

    (void)state;
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    assert_null(ck_jparse(deep, 2000));
}

static void a_cut_document_never_reads_on(void **state)
{
    static const char doc[] =
        "{\"a\":[1.5e3,true,\"\\u00e9x\\n\"],\"b\":{\"c\":null}}";

    (void)state;
    for (size_t n = 0; n < sizeof(doc) - 1; n++) {
        char *copy = malloc(n ? n : 1); /* the sanitizer sees the end */
        struct ck_jval *v;

        memcpy(copy, doc, n);
        v = ck_jparse(copy, n);
        assert_null(v);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(what_is_written_can_be_read),
        cmocka_unit_test(an_unfinished_document_is_none),
        cmocka_unit_test(good_documents_are_read),
        cmocka_unit_test(bad_documents_are_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(a_cut_document_never_reads_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
