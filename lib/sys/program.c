/*
 * program.c - see program.h. The file is untrusted: every offset in it is
 * checked against what was read.
 */
#include "lib/sys/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"

#define MAX_PHDR 256
#define MAX_SCRIPTS 4 /* the kernel's own limit of nested interpreters */

/* The file, and its first bytes: as a rule no more is needed. */
struct file {
    int fd;
    size_t n;
    union {
        Elf64_Ehdr eh;
        char text[1024];
    } head;
};

static long no(struct ck_program *p, long err, const char *why)
{
    ck_fmt(p->why, sizeof(p->why), "%s", why);
    return err;
}

static long outside(struct ck_program *p, long err, const char *why)
{
    p->outside = 1;
    return no(p, err, why);
}

static const char *machine_name(unsigned m)
{
    switch (m) {
    case EM_386:
        return "32-bit x86";
    case EM_AARCH64:
        return "aarch64";
    case EM_ARM:
        return "32-bit ARM";
    case EM_PPC64:
        return "ppc64";
    case EM_RISCV:
        return "RISC-V";
    default:
        return "another architecture";
    }
}

static int part(const struct file *f, void *to, size_t n, uint64_t off)
{
    if (off <= f->n && n <= f->n - off) {
        memcpy(to, f->head.text + off, n);
        return 0;
    }
    return ck_pread_all(f->fd, to, n, off) ? -1 : 0;
}

static const char *base_of(const char *path)
{
    const char *base = strrchr(path, '/');

    return base ? base + 1 : path;
}

/* What the interpreter's name says about the C library. */
static long check_interp(struct ck_program *p, const char *interp)
{
    if (ck_starts(base_of(interp), "ld-musl"))
        return outside(p, -ENOEXEC,
                       "is linked with musl, and the runtime with glibc");
    if (ck_starts(base_of(interp), "ld-linux"))
        return 0;
    ck_fmt(p->why, sizeof(p->why),
           "has the interpreter %s, which is not glibc's", interp);
    p->outside = 1;
    return -ENOEXEC;
}

static long check_elf(struct ck_program *p, const struct file *f)
{
    const Elf64_Ehdr *eh = &f->head.eh;
    char interp[64];
    Elf64_Phdr ph;

    if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_machine != EM_X86_64) {
        ck_fmt(p->why, sizeof(p->why),
               "is a program for %s, and the runtime is one for x86-64",
               machine_name(eh->e_machine));
        p->outside = 1;
        return -ENOEXEC;
    }
    if ((eh->e_type != ET_EXEC && eh->e_type != ET_DYN) ||
        eh->e_phentsize != sizeof(ph) || eh->e_phnum > MAX_PHDR)
        return no(p, -ENOEXEC, "is no executable ELF file");
    for (unsigned i = 0; i < eh->e_phnum; i++) {
        if (part(f, &ph, sizeof(ph), eh->e_phoff + i * sizeof(ph)))
            return no(p, -ENOEXEC, "is a damaged ELF file");
        if (ph.p_type != PT_INTERP)
            continue;
        memset(interp, 0, sizeof(interp));
        if (ph.p_filesz < 2 ||
            part(f, interp,
                 ph.p_filesz < sizeof(interp) ? ph.p_filesz
                                              : sizeof(interp) - 1,
                 ph.p_offset))
            return no(p, -ENOEXEC, "is a damaged ELF file");
        return check_interp(p, interp);
    }
    return outside(p, -ENOEXEC,
                   "is statically linked, and no runtime can be loaded into "
                   "it");
}

/* The kernel has a program with other rights than those of its caller begin
 * without what was to be preloaded. */
static long check_rights(struct ck_program *p, const struct stat *st)
{
    uid_t uid = (uid_t)sys0(SYS_getuid);
    int set_uid = (st->st_mode & S_ISUID) && st->st_uid != uid;
    int set_gid = (st->st_mode & S_ISGID) && (st->st_mode & S_IXGRP) &&
                  st->st_gid != (gid_t)sys0(SYS_getgid);
    struct statfs fs;

    if (!S_ISREG(st->st_mode))
        return no(p, -EACCES, "is not a program");
    if (sys3(SYS_faccessat, AT_FDCWD, p->at, 1 /* X_OK */))
        return no(p, -EACCES, "is not executable");
    if (!set_uid && !set_gid &&
        (!uid || sys4(SYS_getxattr, p->at, "security.capability", 0, 0) <= 0))
        return 0;
    if (sys5(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
        (sys2(SYS_statfs, p->at, &fs) == 0 && (fs.f_flags & ST_NOSUID)))
        return 0;
    return outside(p, -EACCES,
                   set_uid   ? "is set-uid, and the system loads nothing of "
                               "ours into such programs"
                   : set_gid ? "is set-gid, and the system loads nothing of "
                               "ours into such programs"
                             : "has file capabilities, and the system loads "
                               "nothing of ours into such programs");
}

/* The program that the #! line names. */
static long check_script(struct ck_program *p, const struct file *f)
{
    size_t a = 2, len = 0;

    while (f->head.text[a] == ' ' || f->head.text[a] == '\t')
        a++;
    while (f->head.text[a + len] && !strchr(" \t\r\n", f->head.text[a + len]))
        len++;
    if (f->head.text[a] != '/' || len >= sizeof(p->interp))
        return no(p, -ENOEXEC, "has a #! line that names no program");
    memcpy(p->interp, f->head.text + a, len);
    p->interp[len] = '\0';
    p->at = p->interp;
    return 1;
}

/* One file. 1: a script, p->at is its interpreter. */
static long check_one(struct ck_program *p)
{
    struct file f;
    struct stat st;
    long r = sys4(SYS_newfstatat, AT_FDCWD, p->at, &st, 0);

    if (r)
        return r;
    if (ck_streq(base_of(p->at), "valgrind")) /* see runtime/init.c */
        return outside(p, -ENOTSUP,
                       "runs a program on a processor of its own");
    r = check_rights(p, &st);
    if (r)
        return r;
    r = sys4(SYS_openat, AT_FDCWD, p->at, O_RDONLY | O_CLOEXEC, 0);
    if (r < 0)
        return r;
    f.fd = (int)r;
    memset(&f.head, 0, sizeof(f.head));
    r = sys4(SYS_pread64, f.fd, &f.head, sizeof(f.head) - 1, 0);
    f.n = r > 0 ? (size_t)r : 0;
    if (f.n >= sizeof(f.head.eh) &&
        !memcmp(f.head.eh.e_ident, ELFMAG, SELFMAG))
        r = check_elf(p, &f);
    else if (f.n >= 3 && f.head.text[0] == '#' && f.head.text[1] == '!')
        r = check_script(p, &f);
    else
        r = no(p, -ENOEXEC, "is neither an ELF program nor a script with #!");
    sys1(SYS_close, f.fd);
    return r;
}

long ck_program_look(const char *path, struct ck_program *p)
{
    long r = 1;

    p->at = path;
    p->outside = 0;
    p->why[0] = '\0';
    for (p->scripts = 0; p->scripts <= MAX_SCRIPTS; p->scripts++) {
        r = check_one(p);
        if (r <= 0)
            return r;
    }
    return no(p, -ELOOP, "leads to too many scripts in a row");
}
