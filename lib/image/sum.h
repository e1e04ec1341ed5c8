/*
 * sum.h - the one checksum of images and manifests: XXH3-64, seed 0.
 * It finds damage, not malice. Usable without libc; needs no alignment.
 */
#ifndef CKPT_LIB_IMAGE_SUM_H
#define CKPT_LIB_IMAGE_SUM_H

#include <stddef.h>
#include <stdint.h>

uint64_t ck_sum64(const void *p, size_t n);

#endif
