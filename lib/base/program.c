/*
 * program.c - see program.h. The file is untrusted: every offset in it is
 * checked against what was read.
 */
#include "lib/base/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/env.h"

#define MAX_PHDR 256
#define MAX_SCRIPTS 4 /* the kernel's own limit of nested interpreters */

/* As execvp does it, but the reason is kept. */
static int in_path(const char *prog, char *path, struct ck_err *e)
{
    const char *p = ck_env(CK_ENV_PATH);
    int seen = 0;

    if (strchr(prog, '/')) {
        if (strlen(prog) >= CK_PATH)
            return ck_err(e, -ENAMETOOLONG, "%s: path too long", prog);
        strcpy(path, prog);
        return 0;
    }
    if (!p)
        p = "/usr/local/bin:/usr/bin:/bin";
    while (*p) {
        size_t n = strcspn(p, ":");
        struct stat st;

        snprintf(path, CK_PATH, "%.*s%s%s", (int)n, p, n ? "/" : "./", prog);
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            if (access(path, X_OK) == 0)
                return 0;
            seen = 1;
        }
        p += n;
        if (*p)
            p++;
    }
    if (seen)
        return ck_err(e, -EACCES, "%s: found in PATH, but not executable",
                      prog);
    return ck_err(e, -ENOENT, "%s: not found in PATH", prog);
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

/* What the interpreter's name says about the C library. */
static int check_interp(const char *path, const char *interp,
                        struct ck_err *e)
{
    const char *base = strrchr(interp, '/');

    base = base ? base + 1 : interp;
    if (strncmp(base, "ld-musl", 7) == 0)
        return ck_err(e, -ENOEXEC,
                      "%s is linked with musl; only programs linked with "
                      "glibc can be checkpointed",
                      path);
    if (strncmp(base, "ld-linux", 8) != 0)
        return ck_err(e, -ENOEXEC,
                      "%s has the interpreter %s, which is not glibc's",
                      path, interp);
    return 0;
}

static int check_elf(const char *path, int fd, const Elf64_Ehdr *eh,
                     struct ck_err *e)
{
    Elf64_Phdr ph;
    char interp[256];

    if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_machine != EM_X86_64)
        return ck_err(e, -ENOEXEC,
                      "%s is a program for %s; only x86-64 programs can be "
                      "checkpointed here",
                      path, machine_name(eh->e_machine));
    if ((eh->e_type != ET_EXEC && eh->e_type != ET_DYN) ||
        eh->e_phentsize != sizeof(ph) || eh->e_phnum > MAX_PHDR)
        return ck_err(e, -ENOEXEC, "%s: not an executable ELF file", path);
    for (unsigned i = 0; i < eh->e_phnum; i++) {
        off_t at = (off_t)(eh->e_phoff + i * sizeof(ph));

        if (pread(fd, &ph, sizeof(ph), at) != (ssize_t)sizeof(ph))
            return ck_err(e, -ENOEXEC, "%s: damaged ELF file", path);
        if (ph.p_type != PT_INTERP)
            continue;
        if (ph.p_filesz < 2 || ph.p_filesz > sizeof(interp) ||
            pread(fd, interp, ph.p_filesz, (off_t)ph.p_offset) !=
                (ssize_t)ph.p_filesz ||
            interp[ph.p_filesz - 1] != 0)
            return ck_err(e, -ENOEXEC, "%s: damaged ELF file", path);
        return check_interp(path, interp, e);
    }
    return ck_err(e, -ENOEXEC,
                  "%s is statically linked; it cannot be checkpointed, since "
                  "no runtime can be loaded into it",
                  path);
}

/* The runtime does nothing in there (runtime/init.c): say so before. */
static int check_name(const char *path, struct ck_err *e)
{
    const char *base = strrchr(path, '/');

    if (strcmp(base ? base + 1 : path, "valgrind") == 0)
        return ck_err(e, -ENOTSUP,
                      "%s runs a program on a processor of its own; what it "
                      "runs cannot be checkpointed",
                      path);
    return 0;
}

static int check_mode(const char *path, const struct stat *st,
                      struct ck_err *e)
{
    if (!S_ISREG(st->st_mode))
        return ck_err(e, -EACCES, "%s is not a program", path);
    if (access(path, X_OK) != 0)
        return ck_err(e, -EACCES, "%s is not executable", path);
    if ((st->st_mode & S_ISUID) ||
        ((st->st_mode & S_ISGID) && (st->st_mode & S_IXGRP)))
        return ck_err(e, -EACCES,
                      "%s is set-%s; the system loads nothing of ours into "
                      "such programs, so it cannot be checkpointed",
                      path, st->st_mode & S_ISUID ? "uid" : "gid");
    if (getxattr(path, "security.capability", NULL, 0) > 0)
        return ck_err(e, -EACCES,
                      "%s has file capabilities; the system loads nothing of "
                      "ours into such programs",
                      path);
    return 0;
}

/* One file. 1: a script, next gets its interpreter. */
static int check_one(const char *path, char next[CK_PATH], struct ck_err *e)
{
    union {
        Elf64_Ehdr eh;
        char text[300];
    } head;
    struct stat st;
    ssize_t n;
    size_t a, len;
    int fd, r;

    if (stat(path, &st) != 0)
        return ck_err_sys(e, -errno, "%s", path);
    r = check_name(path, e);
    if (r == 0)
        r = check_mode(path, &st, e);
    if (r < 0)
        return r;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ck_err_sys(e, -errno, "%s cannot be read", path);
    memset(&head, 0, sizeof(head));
    n = pread(fd, &head, sizeof(head) - 1, 0);
    if (n >= (ssize_t)sizeof(head.eh) &&
        memcmp(head.eh.e_ident, ELFMAG, SELFMAG) == 0)
        r = check_elf(path, fd, &head.eh, e);
    else if (n >= 3 && head.text[0] == '#' && head.text[1] == '!')
        r = 1;
    else
        r = ck_err(e, -ENOEXEC,
                   "%s is neither an ELF program nor a script with #!",
                   path);
    close(fd);
    if (r <= 0)
        return r;
    a = 2 + strspn(head.text + 2, " \t");
    len = strcspn(head.text + a, " \t\r\n");
    if (len == 0 || head.text[a] != '/')
        return ck_err(e, -ENOEXEC, "%s: its #! line names no program", path);
    snprintf(next, CK_PATH, "%.*s", (int)len, head.text + a);
    return 1;
}

int ck_program_check(const char *prog, char *path, struct ck_err *e)
{
    char now[CK_PATH], next[CK_PATH];
    struct ck_err why;
    int r = in_path(prog, path, e);

    if (r < 0)
        return r;
    snprintf(now, sizeof(now), "%s", path);
    for (int depth = 0; depth <= MAX_SCRIPTS; depth++) {
        r = check_one(now, next, &why);
        if (r == 0)
            return 0;
        if (r < 0)
            return depth == 0
                       ? ck_err(e, r, "%s", why.text)
                       : ck_err(e, r, "%s: its interpreter: %s", path,
                                why.text);
        strcpy(now, next);
    }
    return ck_err(e, -ELOOP, "%s: too many scripts in a row", path);
}
