/*
 * fuzz.h - a target is fuzz_one(data, size); seeds come from the code itself.
 *
 * With libFuzzer, LLVMFuzzerTestOneInput calls it. Compiled without, main()
 * feeds it the files named as arguments, or as `--seeds DIR` writes the seed
 * corpus, which is generated and never stored.
 */
#ifndef CKPT_TESTS_FUZZ_H
#define CKPT_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The target. Aborts when a promise is broken; never leaks. */
void fuzz_one(const uint8_t *data, size_t size);
/* Calls put for each seed; names are file names. */
void fuzz_seeds(void (*put)(const char *name, const void *p, size_t n));

#define FUZZ_CHECK(x)          \
    do {                       \
        if (!(x))              \
            __builtin_trap();  \
    } while (0)

#endif
