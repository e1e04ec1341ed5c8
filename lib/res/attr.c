/*
 * attr.c - what a file is like beside its contents, for those without a name
 * that a restart makes anew: mode, owner, times, extended attributes.
 *
 * The owner can only be what this user may give, and attributes what the
 * file system takes that the new file is on; nothing is refused for these.
 * A time of change (ctime) can't be set.
 */
#include "lib/res/contents.h"
#include "lib/res/kind.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NAMES_MAX 65536u
#define VALUES_MAX 65536u

/* sec: since 1970, two's complement. more: name STR, value BLOB of each. */
#define ATTR_FIELDS(F)                                                       \
    F(U32, mode) F(U32, uid) F(U32, gid) F(U64, asec) F(U32, ansec)          \
    F(U64, msec) F(U32, mnsec) F(BLOB, more)
CK_RECORD(attr, ATTR_FIELDS)

#define ITEM_FIELDS(F) F(STR, name) F(BLOB, value)
CK_RECORD(item, ITEM_FIELDS)

/* The kernel's own, which it gives to each new file. */
static int is_kernels(const char *name)
{
    return !strncmp(name, "security.", 9);
}

static void save_more(const char *path, struct ck_wr *w)
{
    static char names[NAMES_MAX], value[VALUES_MAX];
    ssize_t n = listxattr(path, names, sizeof(names));

    for (char *p = names; n > 0 && p < names + n; p += strlen(p) + 1) {
        struct item i = {.name = p};
        ssize_t len = is_kernels(p) ? -1
                                    : getxattr(path, p, value, sizeof(value));

        i.value = (struct ck_blob){value, (uint32_t)len};
        if (len >= 0)
            item_put(w, &i);
    }
}

void ck_res_attr_save(const char *path, const struct stat *st,
                      struct ck_blob *out)
{
    static uint8_t more[NAMES_MAX + VALUES_MAX], all[sizeof(more) + 256];
    struct ck_wr w;
    struct attr a = {
        .mode = st->st_mode & 07777,
        .uid = st->st_uid,
        .gid = st->st_gid,
        .asec = (uint64_t)st->st_atim.tv_sec,
        .ansec = (uint32_t)st->st_atim.tv_nsec,
        .msec = (uint64_t)st->st_mtim.tv_sec,
        .mnsec = (uint32_t)st->st_mtim.tv_nsec,
    };

    ck_wr_init(&w, more, sizeof(more));
    save_more(path, &w);
    if (!w.bad)
        a.more = (struct ck_blob){more, (uint32_t)w.len};
    ck_wr_init(&w, all, sizeof(all));
    attr_put(&w, &a);
    *out = (struct ck_blob){all, (uint32_t)w.len};
}

void ck_res_attr_of(const struct ck_res_ofd *o, struct ck_blob *out)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", o->tid, o->fd);
    ck_res_attr_save(path, &o->st, out);
}

static void set_more(const char *path, struct ck_blob more)
{
    struct ck_rd r;

    ck_rd_init(&r, more.p, more.n);
    while (!r.bad && r.pos < r.len) {
        const char *name = ck_get_str(&r);
        struct ck_blob value = ck_get_blob(&r);

        if (!r.bad && setxattr(path, name, value.p, value.n, 0) < 0)
            continue; /* not there */
    }
}

int ck_res_attr_set(int fd, struct ck_blob attr)
{
    struct timespec times[2];
    struct stat st;
    struct attr a;
    struct ck_rd r;
    char path[40];

    if (!attr.n)
        return 0;
    ck_rd_init(&r, attr.p, attr.n);
    if (attr_get(&r, &a))
        return -EBADMSG;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    set_more(path, a.more);
    if (stat(path, &st) < 0)
        return -errno;
    if ((st.st_uid != a.uid || st.st_gid != a.gid) &&
        chown(path, a.uid, a.gid) < 0 && chown(path, (uid_t)-1, a.gid) < 0)
        a.mode &= ~(unsigned)(S_ISUID | S_ISGID); /* not of that owner */
    if (stat(path, &st) < 0 || ((st.st_mode & 07777) != a.mode &&
                                chmod(path, a.mode) < 0))
        return -errno;
    times[0] = (struct timespec){(time_t)a.asec, a.ansec};
    times[1] = (struct timespec){(time_t)a.msec, a.mnsec};
    return utimensat(AT_FDCWD, path, times, 0) < 0 ? -errno : 0;
}
