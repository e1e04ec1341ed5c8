/*
 * scan.h - asks the kernel which pages of an area are of some kind
 * (PAGEMAP_SCAN, Linux 6.7). What is empty costs nothing, however large.
 */
#ifndef CKPT_RUNTIME_MEM_SCAN_H
#define CKPT_RUNTIME_MEM_SCAN_H

#include <stdint.h>

/* PAGE_IS_* of linux/fs.h. A guard is among what is swapped. */
enum { CK_PAGE_PRESENT = 1 << 3, CK_PAGE_SWAPPED = 1 << 4,
       CK_PAGE_GUARD = 1 << 8 /* Linux 6.16 */ };

struct ck_page_range {
    uint64_t start, end, kinds;
};

/* The first ranges, at most n, of at most `pages` pages in all (0: no limit)
 * between *at and end that are one of `kinds`; *at is where the next look
 * begins. How many there are, or -errno. */
long ck_page_scan(int pagemap, uint64_t *at, uint64_t end, uint64_t kinds,
                  struct ck_page_range *r, uint32_t n, uint64_t pages);

#endif
