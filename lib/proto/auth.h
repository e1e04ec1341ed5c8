/*
 * auth.h - proof that both ends of a connection hold the job's key.
 *
 * Who connects sends HELLO{role, cn}; the coordinator answers
 * CHALLENGE{sn, mac("S", role, cn, sn)}; the answer to that is
 * PROVE{mac("C", role, sn, cn)}. cn and sn are fresh random nonces, the
 * letters keep one side's answer from being played back to the other.
 * mac is SipHash-2-4 with 128 bits of output, keyed with the job's key.
 * Nothing is signed after the handshake: it keeps strangers out, it is not
 * a shield against somebody who can change packets on the way.
 * Usable without libc; allocates nothing.
 */
#ifndef CKPT_LIB_PROTO_AUTH_H
#define CKPT_LIB_PROTO_AUTH_H

#include <stddef.h>
#include <stdint.h>

#define CK_KEY_SIZE 16
#define CK_NONCE_SIZE 16
#define CK_MAC_SIZE 16

/* Random bytes from the kernel. 0 or -errno. */
long ck_auth_random(uint8_t *out, size_t n);

/* side: 'S' or 'C'. a and b: the two nonces, in the order given above. */
void ck_auth_mac(uint8_t out[CK_MAC_SIZE], const uint8_t key[CK_KEY_SIZE],
                 char side, uint8_t role, const uint8_t a[CK_NONCE_SIZE],
                 const uint8_t b[CK_NONCE_SIZE]);

/* Nonzero when equal; takes the same time wherever they differ. */
int ck_auth_equal(const uint8_t a[CK_MAC_SIZE], const uint8_t b[CK_MAC_SIZE]);

/*
 * Reads `path`: 32 hexadecimal digits and at most one newline. Refused
 * unless it is a regular file, not a link, that belongs to us and is closed
 * to group and others. 0, or -errno with the reason in why.
 */
long ck_auth_load_key(const char *path, uint8_t key[CK_KEY_SIZE], char *why,
                      size_t why_cap);

#endif
