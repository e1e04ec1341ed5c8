/*
 * test_xstate.c - frames for processors with SSE only, AVX, AVX-512, and
 * with AMX, asked for or not, used or not.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "lib/arch/x86_64/xstate.h"

#define AVX (1ull << 2)
#define AVX512 (7ull << 5)
#define PKRU (1ull << 9)
#define TILECFG (1ull << 17)

/* Places and sizes of Intel's. */
static struct ck_xmachine machine(uint64_t features)
{
    static const struct {
        unsigned n, offset, size;
    } part[] = {{2, 576, 256}, {5, 1088, 64}, {6, 1152, 512}, {7, 1664, 1024},
                {9, 2688, 8},  {17, 2752, 64}, {18, 2816, 8192}};
    struct ck_xmachine m = {.known = 1, .features = features};

    for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
        if (!(features >> part[i].n & 1))
            continue;
        m.part[part[i].n].offset = part[i].offset;
        m.part[part[i].n].size = part[i].size;
    }
    m.dynamic = features & CK_XTILEDATA;
    return m;
}

static struct ck_xmachine sse, old, avx, avx512, amx;
static struct ck_xstate x;

static int setup(void **state)
{
    (void)state;
    sse = machine(0); /* no XSAVE */
    old = machine(CK_X87_SSE);
    avx = machine(CK_X87_SSE | AVX);
    avx512 = machine(CK_X87_SSE | AVX | AVX512 | PKRU);
    amx = machine(avx512.features | TILECFG | CK_XTILEDATA);
    return 0;
}

/* As a tracer reads it: every byte tells its place. */
static void read_state(uint64_t used)
{
    for (size_t i = 0; i < sizeof(x.bytes); i++)
        x.bytes[i] = (uint8_t)(i * 7 + 1);
    memset(x.bytes + 512, 0, 64);
    memcpy(x.bytes + 512, &used, sizeof(used));
}

static uint32_t word(size_t at)
{
    uint32_t w;

    memcpy(&w, x.bytes + at, sizeof(w));
    return w;
}

static void sizes(void **state)
{
    (void)state;
    assert_int_equal(ck_xstate_size(&sse, sse.features), 512);
    assert_int_equal(ck_xstate_size(&old, old.features), 576);
    assert_int_equal(ck_xstate_size(&avx, avx.features), 832);
    assert_int_equal(ck_xstate_size(&avx512, avx512.features), 2696);
    assert_int_equal(ck_xstate_size(&amx, amx.features), 11008);
    assert_int_equal(ck_xstate_size(&amx, amx.features & ~CK_XTILEDATA),
                     2816);
}

/* Nothing but the words that the kernel looks for is changed. */
static void frame(const struct ck_xmachine *m, uint64_t used, size_t size)
{
    static struct ck_xstate was;

    read_state(used);
    was = x;
    assert_int_equal(ck_xstate_frame(m, &x, 11008), 0);
    assert_int_equal(word(464), 0x46505853);
    assert_int_equal(word(464 + 16), size);
    assert_int_equal(word(464 + 4), size + 4);
    assert_int_equal(word(size), 0x46505845);
    memcpy(was.bytes + 464, x.bytes + 464, 48);
    assert_memory_equal(was.bytes, x.bytes, size);
    assert_true(ck_xstate_taken(m, &x, (m->features & ~m->dynamic) | used));
}

static void every_kind(void **state)
{
    (void)state;
    frame(&old, CK_X87_SSE, 576);
    frame(&avx, CK_X87_SSE | AVX, 832);
    frame(&avx, 0, 832);
    frame(&avx512, CK_X87_SSE | AVX, 2696);
    frame(&avx512, avx512.features, 2696);
    frame(&amx, avx512.features, 2816);
    frame(&amx, avx512.features | TILECFG, 2816);
    frame(&amx, amx.features, 11008);
}

/* A processor without XSAVE: the kernel looks for no words. */
static void sse_only(void **state)
{
    (void)state;
    read_state(0x1234); /* not a header here */
    assert_int_equal(ck_xstate_used(&sse, &x), 0);
    assert_int_equal(ck_xstate_frame(&sse, &x, 512), 0);
    assert_int_equal(word(464), 0);
    assert_true(ck_xstate_taken(&sse, &x, 0));
    assert_int_equal(ck_xstate_frame(&sse, &x, 200), -EOVERFLOW);
}

/* Where the thread has no room for tiles, a frame with them loses all. */
static void room(void **state)
{
    uint64_t small = amx.features & ~CK_XTILEDATA;

    (void)state;
    read_state(amx.features);
    assert_int_equal(ck_xstate_frame(&amx, &x, 11008), 0);
    assert_false(ck_xstate_taken(&amx, &x, small));
    assert_true(ck_xstate_taken(&amx, &x, amx.features));
    /* one without tiles fits both, whatever the kernel looks for */
    read_state(small);
    assert_int_equal(ck_xstate_frame(&amx, &x, 11008), 0);
    assert_true(ck_xstate_taken(&amx, &x, small));
    assert_true(ck_xstate_taken(&amx, &x, amx.features));
    assert_int_equal(word(11008), 0x46505845);
}

static void damaged(void **state)
{
    (void)state;
    read_state(avx.features);
    assert_int_equal(ck_xstate_frame(&avx, &x, 832), 0);
    x.bytes[464] ^= 1;
    assert_false(ck_xstate_taken(&avx, &x, avx.features));
    x.bytes[464] ^= 1;
    x.bytes[832] ^= 1;
    assert_false(ck_xstate_taken(&avx, &x, avx.features));
    x.bytes[832] ^= 1;
    assert_true(ck_xstate_taken(&avx, &x, avx.features));
    x.bytes[464 + 17] = 0xff; /* longer than everything */
    assert_false(ck_xstate_taken(&avx, &x, avx.features));
}

static void too_short(void **state)
{
    (void)state;
    read_state(avx512.features);
    assert_int_equal(ck_xstate_frame(&avx512, &x, 832), -EOVERFLOW);
    /* what is not there is not in use either */
    read_state(CK_X87_SSE | AVX);
    assert_int_equal(ck_xstate_frame(&avx512, &x, 832), 0);
    assert_int_equal(word(464 + 16), 832);
    assert_true(ck_xstate_taken(&avx512, &x, avx512.features));
    avx512.part[9].offset = CK_XSTATE_MAX;
    read_state(avx512.features);
    assert_int_equal(ck_xstate_frame(&avx512, &x, sizeof(x.bytes)),
                     -EOVERFLOW);
}

/* The kernel's own frame, as signal 33 gets it. */
static void copied(void **state)
{
    static struct ck_xstate own;

    (void)state;
    read_state(avx.features);
    assert_int_equal(ck_xstate_frame(&avx, &x, 832), 0);
    own = x;
    memset(&x, 0, sizeof(x));
    assert_int_equal(ck_xstate_copy(&avx, &x, &own), 0);
    assert_memory_equal(&own, &x, 836);
    memset(own.bytes + 464, 0, 48);
    assert_int_equal(ck_xstate_copy(&avx, &x, &own), -EOVERFLOW);
    assert_int_equal(ck_xstate_copy(&sse, &x, &own), 0);
    own.bytes[464] = 0x53, own.bytes[465] = 0x58;
    own.bytes[466] = 0x50, own.bytes[467] = 0x46;
    memset(own.bytes + 464 + 16, 0x7f, 4);
    assert_int_equal(ck_xstate_copy(&avx, &x, &own), -EOVERFLOW);
}

/* Another machine: what is in use has to be there, in its place. */
static void other_machine(void **state)
{
    struct ck_xmachine amd = avx512;

    (void)state;
    read_state(avx512.features);
    assert_int_equal(ck_xstate_lacks(&avx512, &amx, &x), 0);
    assert_int_equal(ck_xstate_frame(&amx, &x, sizeof(x.bytes)), 0);
    assert_int_equal(word(464 + 16), 2816);
    assert_int_equal(ck_xstate_lacks(&avx512, &avx, &x), AVX512 | PKRU);
    assert_int_equal(ck_xstate_frame(&avx, &x, sizeof(x.bytes)), -ENOTSUP);
    assert_int_equal(ck_xstate_lacks(&avx512, &sse, &x), AVX | AVX512 | PKRU);
    amd.part[9].offset = 2432;
    assert_int_equal(ck_xstate_lacks(&avx512, &amd, &x), PKRU);
    read_state(CK_X87_SSE | AVX);
    assert_int_equal(ck_xstate_lacks(&avx512, &avx, &x), 0);
    assert_int_equal(ck_xstate_frame(&avx, &x, sizeof(x.bytes)), 0);
    assert_int_equal(word(464 + 16), 832);
}

/* This one, whatever it is. */
static void here(void **state)
{
    struct ck_xmachine m;

    (void)state;
    ck_xmachine_look(&m);
    assert_true(m.known);
    assert_int_equal(!!__builtin_cpu_supports("avx"), !!(m.features & AVX));
    assert_int_equal(m.dynamic & ~CK_XTILEDATA, 0);
    if (m.features)
        frame(&m, m.features & ~m.dynamic,
              ck_xstate_size(&m, m.features & ~m.dynamic));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sizes, setup),
        cmocka_unit_test_setup(every_kind, setup),
        cmocka_unit_test_setup(sse_only, setup),
        cmocka_unit_test_setup(room, setup),
        cmocka_unit_test_setup(damaged, setup),
        cmocka_unit_test_setup(too_short, setup),
        cmocka_unit_test_setup(copied, setup),
        cmocka_unit_test_setup(other_machine, setup),
        cmocka_unit_test_setup(here, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
