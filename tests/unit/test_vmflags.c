/*
 * test_vmflags.c - what becomes of each flag of a memory area: none of those
 * that a kernel has is forgotten.
 */
#include "tests/unit/unit.h"

#include "lib/image/format.h"
#include "lib/image/vmflags.h"

/* show_smap_vma_flags() of Linux 6.18, on x86-64. */
static const char all[] =
    "rd wr ex sh mr mw me ms gd pf lo io sr rr dc de lf ac nr ht sf ar wf dd "
    "sd mm hg nh mg um uw ui ss sl dp ";

static void knows_all(void **state)
{
    (void)state;
    for (const char *p = all; *p; p += 3)
        if (!ck_vmflag(p))
            fail_msg("nothing is said of VmFlags %.2s", p);
    assert_null(ck_vmflag("zz"));
}

/* Each has a flag of the record, or a text, or neither. */
static void each_has_one_fate(void **state)
{
    uint32_t seen = 0;

    (void)state;
    for (const char *p = all; *p; p += 3) {
        const struct ck_vmflag *f = ck_vmflag(p);

        assert_int_equal(f->fate == CK_VF_SAVED, f->flag != 0);
        assert_int_equal(f->fate == CK_VF_REFUSED || f->fate == CK_VF_KERNELS,
                         f->text != NULL);
        assert_int_equal(seen & f->flag, 0);
        seen |= f->flag;
    }
    assert_int_equal(seen & (CK_AF_STACK | CK_AF_HEAP | CK_AF_BARE), 0);
}

static void reads_a_line(void **state)
{
    uint32_t flags = 0;

    (void)state;
    assert_null(ck_vmflags_read(" rd wr mr mw me zz sr ac lo lf dp sl ", 0,
                                &flags));
    assert_int_equal(flags, CK_AF_MAYWRITE | CK_AF_SEQUENTIAL |
                                CK_AF_ACCOUNTED | CK_AF_LOCKED |
                                CK_AF_ONFAULT | CK_AF_DROPPABLE |
                                CK_AF_SEALED);
    flags = 0;
    assert_null(ck_vmflags_read("rd", 0, &flags));
    assert_int_equal(flags, 0);
}

static void refuses(void **state)
{
    static const char *const lines[] = {
        " rd wr mr mw me um ", " rd uw", " ui ", " rd wr ss ",
        " rd wr sh mr mw me ms sf ", " rd mr pf io de dd ", " io ",
    };
    uint32_t flags = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
        if (!ck_vmflags_read(lines[i], 0, &flags))
            fail_msg("'%s' is not refused", lines[i]);
    /* [vvar] */
    assert_null(ck_vmflags_read(" rd mr pf io de dd ", 1, &flags));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_all),
        cmocka_unit_test(each_has_one_fate),
        cmocka_unit_test(reads_a_line),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
