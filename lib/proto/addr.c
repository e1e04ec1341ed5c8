/* addr.c - see addr.h. Strict: what is not wholly an address is refused. */
#include "lib/proto/addr.h"

#include <errno.h>
#include <stdint.h>

#include "lib/sys/fmt.h"

static int digit(char c, unsigned base)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (base == 16 && c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (base == 16 && c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* A number of 1..width digits at *p, at most max. -1 if there is none. */
static long number(const char **p, unsigned base, int width, long max)
{
    long v = 0;
    int n = 0;

    for (; n < width && digit(**p, base) >= 0; n++, (*p)++)
        v = v * (long)base + digit(**p, base);
    return n == 0 || v > max ? -1 : v;
}

static int parse4(const char **p, uint8_t out[4])
{
    for (int i = 0; i < 4; i++) {
        long v;

        if (i && *(*p)++ != '.')
            return -EBADMSG;
        v = number(p, 10, 3, 255);
        if (v < 0)
            return -EBADMSG;
        out[i] = (uint8_t)v;
    }
    return 0;
}

/* Groups left and right of "::"; the left ones go to the front. */
static int parse6(const char **p, uint8_t out[16])
{
    uint16_t group[8];
    int n = 0, gap = -1;

    if ((*p)[0] == ':' && (*p)[1] == ':') {
        gap = 0;
        *p += 2;
    }
    while (n < 8 && digit(**p, 16) >= 0) {
        group[n++] = (uint16_t)number(p, 16, 4, 0xffff);
        if (**p != ':')
            break;
        (*p)++;
        if (**p == ':' && gap < 0) {
            gap = n;
            (*p)++;
        } else if (digit(**p, 16) < 0) {
            return -EBADMSG;
        }
    }
    if (gap < 0 ? n != 8 : n > 7)
        return -EBADMSG;
    for (int i = 0; i < 16; i++)
        out[i] = 0;
    for (int i = 0; i < n; i++) {
        int at = gap >= 0 && i >= gap ? 8 - n + i : i;

        out[2 * at] = (uint8_t)(group[i] >> 8);
        out[2 * at + 1] = (uint8_t)group[i];
    }
    return 0;
}

static int parse_one(const char **p, struct ck_addr *a)
{
    const char *q = *p;

    *a = (struct ck_addr){0};
    while (digit(*q, 16) >= 0)
        q++;
    if (*q == '.') {
        a->family = AF_INET;
        a->len = sizeof a->sa.in;
        a->sa.in.sin_family = AF_INET;
        return parse4(p, (uint8_t *)&a->sa.in.sin_addr);
    }
    a->family = AF_INET6;
    a->len = sizeof a->sa.in6;
    a->sa.in6.sin6_family = AF_INET6;
    return parse6(p, (uint8_t *)&a->sa.in6.sin6_addr);
}

int ck_addr_parse(char *line, struct ck_addr *a, int max)
{
    const char *p = line;
    long port;
    int n = 0;

    for (char *c = line; *c; c++)
        if (*c == '\n')
            *c = '\0';
    for (;;) {
        struct ck_addr one;

        if (parse_one(&p, &one) < 0)
            return -EBADMSG;
        if (n < max)
            a[n++] = one;
        if (*p != ',')
            break;
        p++;
    }
    if (*p++ != ' ')
        return -EBADMSG;
    port = number(&p, 10, 5, 65535);
    if (port <= 0 || *p != ' ')
        return -EBADMSG;
    for (int i = 0; i < n; i++) {
        in_port_t be = (in_port_t)(port << 8 | port >> 8);

        if (a[i].family == AF_INET)
            a[i].sa.in.sin_port = be;
        else
            a[i].sa.in6.sin6_port = be;
    }
    return n;
}
