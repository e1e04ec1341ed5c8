/*
 * err.h - why something failed: a text beside the negative errno.
 *
 * Hosted code that can fail for a reason worth telling takes a
 * `struct ck_err *`, fills it and returns a negative errno. The text is one
 * line without a full stop: what, which, what to do. It is printed once, by
 * whoever talks to the user.
 */
#ifndef CKPT_LIB_BASE_ERR_H
#define CKPT_LIB_BASE_ERR_H

struct ck_err {
    char text[1024];
};

/* Fills e (may be NULL) and returns code, so that `return ck_err(...)`
 * reads well. Never touches errno. */
int ck_err(struct ck_err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with ": <what errno `code` means>" behind the text. */
int ck_err_sys(struct ck_err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* One more reason behind those that e has, with "; " between them. */
void ck_err_and(struct ck_err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
