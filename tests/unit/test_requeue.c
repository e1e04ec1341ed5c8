/*
 * test_requeue.c - the policy is the table in docs/requeue.md: for every case
 * there can be, the first row that fits says what the function says.
 */
#include "tests/unit/unit.h"

#include "coordinator/requeue.h"
#include "lib/base/config.h"

#define COLUMNS 9
#define ROWS 64

static char cell[ROWS][COLUMNS][64];
static unsigned nrows, used[ROWS];

static const char *const happened[CK_HAS_COUNT_] = {
    [CK_HAS_LIMIT] = "time limit is near",
    [CK_HAS_PREEMPT] = "preemption begins",
    [CK_HAS_ENDED] = "ended with 0",
    [CK_HAS_FAILED] = "ended with another status",
    [CK_HAS_DIED] = "ended by a signal not Slurm's",
    [CK_HAS_UNRESTORED] = "could not be restarted",
    [CK_HAS_REQUEUED] = "requeued by Slurm or somebody",
    [CK_HAS_CANCELLED] = "cancelled",
    [CK_HAS_KILLED] = "ended by Slurm for good",
};
static const char *const then[] = {
    [CK_THEN_RUN_ON] = "runs on",
    [CK_THEN_REQUEUE] = "requeue",
    [CK_THEN_HOLD] = "held",
    [CK_THEN_END] = "ends",
};
static const char *const line[] = {
    [CK_LINE_NONE] = "-",
    [CK_LINE_GO_ON] = "how to go on",
    [CK_LINE_NOT_AGAIN] = "why not again",
};

static void one_row(char *text)
{
    unsigned n = 0;

    for (char *p = text + 1, *end; (end = strchr(p, '|')); p = end + 1) {
        while (*p == ' ')
            p++;
        *end = 0;
        for (char *last = end - 1; last >= p && *last == ' '; last--)
            *last = 0;
        assert_true(n < COLUMNS);
        assert_true(strlen(p) < sizeof cell[0][0]);
        strcpy(cell[nrows][n++], p);
    }
    assert_int_equal(n, COLUMNS);
    nrows++;
}

static int read_table(void **state)
{
    FILE *f = fopen("docs/requeue.md", "r");
    char text[512];

    (void)state;
    assert_non_null(f);
    while (fgets(text, sizeof text, f))
        if (text[0] == '|' && text[1] != '-' &&
            !strstr(text, "what happened"))
            one_row(text);
    fclose(f);
    return nrows ? 0 : -1;
}

static int fits(const char *want, int is)
{
    return !strcmp(want, "-") || !strcmp(want, is ? "yes" : "no");
}

static int is_asked(const struct ck_case *c)
{
    return (c->on & (c->happened == CK_HAS_LIMIT     ? CK_ON_TIMEOUT
                     : c->happened == CK_HAS_PREEMPT ? CK_ON_PREEMPT
                                                     : CK_ON_FAILURE)) != 0;
}

static unsigned row_of(const struct ck_case *c)
{
    int again = c->progress && c->failures < c->most;

    for (unsigned i = 0; i < nrows; i++)
        if (!strcmp(cell[i][0], happened[c->happened]) &&
            fits(cell[i][1], is_asked(c)) &&
            fits(cell[i][2], c->may_requeue) && fits(cell[i][3], again) &&
            fits(cell[i][4], c->has_set))
            return i;
    fail_msg("no row fits: %s", happened[c->happened]);
    return 0;
}

static void compare(const struct ck_case *c)
{
    struct ck_verdict v = ck_requeue(c);
    unsigned i = row_of(c);

    used[i]++;
    assert_string_equal(cell[i][5], v.checkpoint ? "yes" : "no");
    assert_string_equal(cell[i][6], then[v.then]);
    assert_string_equal(cell[i][7], v.finished ? "yes" : "no");
    assert_string_equal(cell[i][8], line[v.line]);
}

static void the_table_is_the_function(void **state)
{
    (void)state;
    for (int h = 0; h < CK_HAS_COUNT_; h++)
        for (unsigned bits = 0; bits < 1u << 6; bits++)
            for (uint32_t failures = 0; failures < 5; failures++) {
                struct ck_case c = {
                    .happened = (enum ck_happened)h,
                    .on = bits & 7,
                    .may_requeue = bits >> 3 & 1,
                    .has_set = bits >> 4 & 1,
                    .progress = bits >> 5 & 1,
                    .failures = failures,
                    .most = 3,
                };

                compare(&c);
            }
}

static void every_row_is_needed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < nrows; i++)
        assert_true(used[i] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_function),
        cmocka_unit_test(every_row_is_needed),
    };

    return cmocka_run_group_tests(tests, read_table, NULL);
}
