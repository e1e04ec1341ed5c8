/* callnr.c - see callnr.h. Intel's manual, volume 2, chapter 2. */
#include "lib/arch/x86_64/callnr.h"

#define NONE (-1)

enum { RAX = 0, RCX = 1, R11 = 11 }; /* as instructions number them */

/* One instruction that has a register as its destination. */
struct insn {
    size_t len; /* 0: not one of those that are known here */
    int to;     /* or NONE: memory */
    int from;   /* or NONE: a constant, several */
    enum { REGISTER, CONSTANT, MEMORY } kind; /* from: what it is, or where */
    uint32_t value; /* or how far from there */
};

/* Length of the byte p that says which operands there are, and of what
 * belongs to it; 0: there is more of it than n. */
static size_t operands(const uint8_t *p, size_t n)
{
    unsigned mod = n ? p[0] >> 6 : 3, rm = n ? p[0] & 7 : 0;
    size_t len = 1;

    if (mod != 3 && rm == 4) {
        if (n < 2)
            return 0;
        len = 2;
        rm = p[1] & 7;
    }
    if (mod == 2 || (mod == 0 && rm == 5))
        len += 4;
    if (mod == 1)
        len += 1;
    return len <= n ? len : 0;
}

static uint32_t word(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static void of_constant(struct insn *i, const uint8_t *p, size_t at, size_t n,
                        int to)
{
    if (n - at < 4)
        return;
    *i = (struct insn){at + 4, to, NONE, CONSTANT, word(p + at)};
}

/* p: the byte that tells the operands, which are a register and memory. */
static struct insn of_memory(const uint8_t *p, size_t len, int to,
                             unsigned rex)
{
    struct insn i = {len, to, NONE, MEMORY, 0};
    unsigned mod = p[0] >> 6, rm = p[0] & 7;
    const uint8_t *d = p + 1;

    if (rm == 4) {
        if ((*d >> 3 & 7) != 4 || (rex & 2)) /* indexed */
            return i;
        rm = *d++ & 7;
    }
    if (mod == 0 && rm == 5)
        return i;
    i.from = (int)(rm | (rex & 1) << 3);
    if (mod == 1)
        i.value = (uint32_t)(int32_t)(int8_t)*d;
    if (mod == 2)
        i.value = word(d);
    return i;
}

/* mov, lea, movslq, xor, and the operations with a small constant. */
static struct insn decode(const uint8_t *p, size_t n)
{
    struct insn i = {0, NONE, NONE, REGISTER, 0};
    unsigned rex = n && (p[0] & 0xf0) == 0x40 ? p[0] : 0;
    size_t at = rex != 0, more;
    int reg, rm, direct;
    uint8_t op;

    if (n < at + 2)
        return i;
    op = p[at++];
    if ((op & 0xf8) == 0xb8) {
        if (!(rex & 8))
            of_constant(&i, p, at, n, (op & 7) | (int)(rex & 1) << 3);
        return i;
    }
    reg = (p[at] >> 3 & 7) | (int)(rex & 4) << 1;
    rm = (p[at] & 7) | (int)(rex & 1) << 3;
    direct = p[at] >> 6 == 3;
    more = operands(p + at, n - at);
    if (!more)
        return i;
    switch (op) {
    case 0x8b: /* mov */
        if (direct) {
            i = (struct insn){at + more, reg, rm, REGISTER, 0};
        } else {
            i = of_memory(p + at, more, reg, rex);
            i.len += at;
        }
        break;
    case 0x89:
        i = (struct insn){at + more, direct ? rm : NONE, reg, REGISTER, 0};
        break;
    case 0x63: /* movslq */
    case 0x8d: /* lea */
        i = (struct insn){at + more, reg, NONE, REGISTER, 0};
        break;
    case 0x31: /* xor: what is combined with itself is 0 */
    case 0x33:
        i = (struct insn){at + more,
                          op == 0x33 ? reg
                          : direct   ? rm
                                     : NONE,
                          NONE, direct && reg == rm ? CONSTANT : REGISTER, 0};
        break;
    case 0xc7: /* mov of a constant */
        of_constant(&i, p, at + more, n, direct ? rm : NONE);
        break;
    case 0x80: /* add, or, and, xor, ... of a byte */
    case 0x83:
        if (at + more < n)
            i = (struct insn){at + more + 1, direct ? rm : NONE, NONE,
                              REGISTER, 0};
        break;
    }
    return i;
}

/* Do known instructions that leave registers `to` and `keep` as they are fill
 * n bytes? */
static int passes(const uint8_t *p, size_t n, int to, int keep)
{
    while (n) {
        struct insn i = decode(p, n);

        if (!i.len || i.to == to || (keep != NONE && i.to == keep))
            return 0;
        p += i.len;
        n -= i.len;
    }
    return 1;
}

/* The instruction that has set register `to` as it is behind the n bytes;
 * len 0: none is found. *lost: from a register that is another one since. */
static struct insn setter(const uint8_t *code, size_t n, int to, int *lost)
{
    for (size_t k = n; k-- > 0;) {
        struct insn i = decode(code + k, n - k);
        const uint8_t *rest = code + k + i.len;
        size_t more = n - k - i.len;

        if (!i.len || i.to != to || (i.kind != CONSTANT && i.from == NONE) ||
            i.from == to)
            continue;
        /* the tail of a longer one, for another register */
        if (k && (code[k] & 0xf0) != 0x40 && (code[k - 1] & 0xf0) == 0x40)
            continue;
        if (!passes(rest, more, to, NONE))
            continue;
        *lost = !passes(rest, more, to, i.from);
        if (!*lost || i.kind == REGISTER)
            return i;
    }
    return (struct insn){0, NONE, NONE, REGISTER, 0};
}

/* What it has set it to, by the registers as they are now. */
static int32_t value(const struct insn *i, const greg_t *regs, uint64_t *at)
{
    static const uint8_t place[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX,
                                      REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                      REG_R8,  REG_R9,  REG_R10, REG_R11,
                                      REG_R12, REG_R13, REG_R14, REG_R15};
    uint64_t nr = i->kind == CONSTANT ? i->value : (uint64_t)regs[place[i->from]];

    if (i->kind == MEMORY) {
        *at = nr + (uint64_t)(int64_t)(int32_t)i->value;
        return -1;
    }
    return nr < CK_CALLS ? (int32_t)nr : -1;
}

int32_t ck_callnr(const uint8_t *code, size_t n, const greg_t *regs,
                  uint64_t *at, int *argument)
{
    struct insn i;
    int lost = 0;

    *at = 0;
    *argument = NONE;
    if (n < 2 || code[n - 2] != 0x0f || code[n - 1] != 0x05)
        return -1;
    i = setter(code, n - 2, RAX, &lost);
    if (!i.len || i.from == RCX || i.from == R11)
        return -1;
    if (lost) {
        *argument = i.from;
        return -1;
    }
    return value(&i, regs, at);
}

int32_t ck_callnr_given(const uint8_t *code, size_t n, const greg_t *regs,
                        int argument, uint64_t *at)
{
    struct insn i;
    int lost = 0;

    *at = 0;
    if (n < CK_CALL_BYTES || code[n - CK_CALL_BYTES] != 0xe8)
        return -1;
    i = setter(code, n - CK_CALL_BYTES, argument, &lost);
    /* What a function keeps for who calls it: rsp, rbx, rbp, r12 to r15. */
    if (!i.len || lost ||
        (i.kind != CONSTANT && !(0xf038 >> i.from & 1)))
        return -1;
    return value(&i, regs, at);
}
