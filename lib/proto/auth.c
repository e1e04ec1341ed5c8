/*
 * auth.c - see auth.h. SipHash comes from libsodium's archive: its object
 * for this one function depends on nothing, so it also runs without libc.
 */
#include "lib/proto/auth.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"

/* As libsodium declares it; its headers want more of libc than we have. */
int crypto_shorthash_siphashx24(unsigned char *out, const unsigned char *in,
                                unsigned long long inlen,
                                const unsigned char *k);

long ck_auth_random(uint8_t *out, size_t n)
{
    while (n) {
        long r = sys3(SYS_getrandom, out, n, 0);

        if (r == -EINTR)
            continue;
        if (r < 0)
            return r;
        out += r;
        n -= (size_t)r;
    }
    return 0;
}

void ck_auth_mac(uint8_t out[CK_MAC_SIZE], const uint8_t key[CK_KEY_SIZE],
                 char side, uint8_t role, const uint8_t a[CK_NONCE_SIZE],
                 const uint8_t b[CK_NONCE_SIZE])
{
    uint8_t in[2 + 2 * CK_NONCE_SIZE];

    in[0] = (uint8_t)side;
    in[1] = role;
    for (unsigned i = 0; i < CK_NONCE_SIZE; i++) {
        in[2 + i] = a[i];
        in[2 + CK_NONCE_SIZE + i] = b[i];
    }
    crypto_shorthash_siphashx24(out, in, sizeof in, key);
}

int ck_auth_equal(const uint8_t a[CK_MAC_SIZE], const uint8_t b[CK_MAC_SIZE])
{
    volatile uint8_t diff = 0;

    for (unsigned i = 0; i < CK_MAC_SIZE; i++)
        diff = (uint8_t)(diff | (a[i] ^ b[i]));
    return diff == 0;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static long parse_key(const char *s, size_t n, uint8_t key[CK_KEY_SIZE])
{
    if (n == 2 * CK_KEY_SIZE + 1 && s[n - 1] == '\n')
        n--;
    if (n != 2 * CK_KEY_SIZE)
        return -EBADMSG;
    for (unsigned i = 0; i < CK_KEY_SIZE; i++) {
        int hi = hex(s[2 * i]), lo = hex(s[2 * i + 1]);

        if (hi < 0 || lo < 0)
            return -EBADMSG;
        key[i] = (uint8_t)(hi << 4 | lo);
    }
    return 0;
}

/* Nonblocking: a FIFO put in the key's place must not hold us up. */
static long open_key(const char *path, char *why, size_t why_cap)
{
    struct stat st;
    long r, fd = sys4(SYS_openat, AT_FDCWD, path,
                      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);

    if (fd < 0) {
        ck_fmt(why, why_cap, "cannot open key %s: error %d", path, (int)-fd);
        return fd;
    }
    r = sys2(SYS_fstat, fd, &st);
    if (r == 0 && ((st.st_mode & S_IFMT) != S_IFREG || (st.st_mode & 077) ||
                   st.st_uid != (uid_t)sys0(SYS_geteuid))) {
        ck_fmt(why, why_cap, "key %s must be a file of mode 0600 that "
               "belongs to you", path);
        r = -EPERM;
    }
    if (r < 0) {
        sys1(SYS_close, fd);
        return r;
    }
    return fd;
}

long ck_auth_load_key(const char *path, uint8_t key[CK_KEY_SIZE], char *why,
                      size_t why_cap)
{
    char text[2 * CK_KEY_SIZE + 8];
    long n, fd = open_key(path, why, why_cap);

    if (fd < 0)
        return fd;
    do
        n = sys3(SYS_read, fd, text, sizeof text);
    while (n == -EINTR);
    sys1(SYS_close, fd);
    if (n >= 0)
        n = parse_key(text, (size_t)n, key);
    if (n < 0)
        ck_fmt(why, why_cap, "key %s is not 32 hexadecimal digits", path);
    return n;
}
