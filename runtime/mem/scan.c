/*
 * scan.c - see scan.h.
 */
#include "runtime/mem/scan.h"

#include <sys/ioctl.h>

#include "lib/sys/syscall.h"

/* struct pm_scan_arg of linux/fs.h */
struct scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages,
        inverted, mask, any, returned;
};

long ck_page_scan(int pagemap, uint64_t *at, uint64_t end, uint64_t kinds,
                  struct ck_page_range *r, uint32_t n, uint64_t pages)
{
    struct scan s = {.size = sizeof s, .start = *at, .end = end,
                     .vec = (uint64_t)(uintptr_t)r, .vec_len = n,
                     .max_pages = pages, .any = kinds, .returned = kinds};
    long found = sys3(SYS_ioctl, pagemap, _IOWR('f', 16, struct scan), &s);

    *at = found > 0 && s.walk_end > *at ? s.walk_end : end;
    return found;
}
