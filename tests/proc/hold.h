/*
 * hold.h - values held in registers while a program computes.
 *
 * Each call loads registers, spins, reads them again and compares: between
 * the instructions of the spin nothing but a checkpoint can change them. A
 * processor that has less than AVX-512 holds what it has.
 * Returns NULL, or a static text that names the first register that differs.
 * `damage` spoils what was read, to see the comparison fail.
 */
#ifndef CKPT_TESTS_HOLD_H
#define CKPT_TESTS_HOLD_H

enum hold_level { HOLD_SSE, HOLD_AVX, HOLD_AVX512 };

/* The widest that this processor and this kernel have. */
enum hold_level hold_widest(void);

/* spins: about one cycle each. */
const char *hold_vectors(enum hold_level level, unsigned seed,
                         unsigned long spins, int damage);
const char *hold_general(unsigned seed, unsigned long spins, int damage);

#endif
