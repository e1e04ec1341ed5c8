/*
 * fmt.h - text without libc: a bounded buffer that is always terminated.
 * ck_fmt knows %s %c %d %u %x %ld %lu %lx %zu %% and nothing else; returns
 * the length, or -ENAMETOOLONG when it did not fit (the text is cut).
 */
#ifndef CKPT_LIB_SYS_FMT_H
#define CKPT_LIB_SYS_FMT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

int ck_fmt(char *buf, size_t cap, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int ck_vfmt(char *buf, size_t cap, const char *fmt, va_list ap);

size_t ck_strlen(const char *s);
int ck_streq(const char *a, const char *b);
int ck_starts(const char *s, const char *prefix);
/* Reads a number in base 10 or 16 and moves *p behind it; 0 if there is
 * none (*p does not move then). */
uint64_t ck_parse_u64(const char **p, unsigned base);

/* Whole small file into buf, NUL-terminated. Length, or -errno; -EFBIG when
 * it does not fit. Opened with O_CLOEXEC in the caller's table. */
long ck_read_file(const char *path, char *buf, size_t cap);
/* The number right behind `key` in a file of less than 4 KiB; `otherwise` if
 * the file can't be read or has no such key. */
uint64_t ck_read_number(const char *path, const char *key, unsigned base,
                        uint64_t otherwise);
/* Writes all of it, through short writes and EINTR. 0 or -errno; -EIO when
 * nothing more is taken. */
long ck_write_all(int fd, const void *p, size_t n);
/* Reads exactly n bytes. 0, -ENODATA at the end of file, or -errno. */
long ck_read_all(int fd, void *p, size_t n);
/* The same at a place of the file, whose position stays. */
long ck_pwrite_all(int fd, const void *p, size_t n, uint64_t off);
long ck_pread_all(int fd, void *p, size_t n, uint64_t off);

#endif
