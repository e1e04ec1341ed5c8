/* test_program.c - which programs can be checkpointed. */
#include "tests/unit/unit.h"

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/base/env.h"
#include "lib/base/program.h"

static char path[CK_PATH];
static struct ck_err err;

static void write_file(void **state, const char *name, const void *p,
                       size_t n, mode_t mode)
{
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", (const char *)*state, name);
    unlink(path);
    f = fopen(path, "w");
    assert_non_null(f);
    fwrite(p, 1, n, f);
    fclose(f);
    chmod(path, mode);
}

/* An ELF file of one program header, which may name an interpreter. */
static void write_elf(void **state, const char *name, unsigned machine,
                      const char *interp, mode_t mode)
{
    struct {
        Elf64_Ehdr eh;
        Elf64_Phdr ph;
        char interp[64];
    } x;

    memset(&x, 0, sizeof(x));
    memcpy(x.eh.e_ident, ELFMAG, SELFMAG);
    x.eh.e_ident[EI_CLASS] = ELFCLASS64;
    x.eh.e_type = ET_DYN;
    x.eh.e_machine = (Elf64_Half)machine;
    x.eh.e_phoff = sizeof(x.eh);
    x.eh.e_phentsize = sizeof(x.ph);
    x.eh.e_phnum = 1;
    x.ph.p_type = interp ? PT_INTERP : PT_LOAD;
    if (interp) {
        strcpy(x.interp, interp);
        x.ph.p_offset = sizeof(x.eh) + sizeof(x.ph);
        x.ph.p_filesz = strlen(interp) + 1;
    }
    write_file(state, name, &x, sizeof(x), mode);
}

static int check(const char *prog)
{
    char found[CK_PATH];

    return ck_program_check(prog, found, &err);
}

static void a_shell_is_accepted(void **state)
{
    char found[CK_PATH];

    (void)state;
    assert_int_equal(ck_program_check("sh", found, &err), 0);
    assert_int_equal(found[0], '/');
}

static void a_script_is_its_interpreter(void **state)
{
    char text[CK_PATH + 64], inner[CK_PATH];

    write_file(state, "s", "#! /bin/sh -e\n", 14, 0755);
    assert_int_equal(check(path), 0);
    write_elf(state, "static", EM_X86_64, NULL, 0755);
    strcpy(inner, path);
    snprintf(text, sizeof(text), "#!%s\n", inner);
    write_file(state, "t", text, strlen(text), 0755);
    assert_int_equal(check(path), -ENOEXEC);
    assert_non_null(strstr(err.text, "statically linked"));
    write_file(state, "u", "echo no line\n", 13, 0755);
    assert_int_equal(check(path), -ENOEXEC);
    write_file(state, "v", "#!\n", 3, 0755);
    assert_int_equal(check(path), -ENOEXEC);
}

static void scripts_of_each_other_end(void **state)
{
    char text[CK_PATH + 64];

    snprintf(text, sizeof(text), "#!%s/loop\n", (char *)*state);
    write_file(state, "loop", text, strlen(text), 0755);
    assert_int_equal(check(path), -ELOOP);
}

static void a_static_program_is_refused(void **state)
{
    write_elf(state, "p", EM_X86_64, NULL, 0755);
    assert_int_equal(check(path), -ENOEXEC);
    assert_non_null(strstr(err.text, "statically linked"));
}

static void valgrind_is_refused(void **state)
{
    write_elf(state, "valgrind", EM_X86_64, "/lib64/ld-linux-x86-64.so.2",
              0755);
    assert_int_equal(check(path), -ENOTSUP);
    assert_non_null(strstr(err.text, "processor of its own"));
}

static void musl_is_refused(void **state)
{
    write_elf(state, "p", EM_X86_64, "/lib/ld-musl-x86_64.so.1", 0755);
    assert_int_equal(check(path), -ENOEXEC);
    assert_non_null(strstr(err.text, "musl"));
}

static void another_architecture_is_refused(void **state)
{
    write_elf(state, "p", EM_AARCH64, "/lib/ld-linux-aarch64.so.1", 0755);
    assert_int_equal(check(path), -ENOEXEC);
    assert_non_null(strstr(err.text, "aarch64"));
}

static void set_uid_and_set_gid_are_refused(void **state)
{
    write_elf(state, "p", EM_X86_64, "/lib64/ld-linux-x86-64.so.2", 0755);
    assert_int_equal(check(path), 0);
    chmod(path, 06755); /* they bring no other rights than we have */
    assert_int_equal(check(path), 0);
    if (chown(path, 4242, (gid_t)-1) < 0)
        skip();
    chmod(path, 04755);
    assert_int_equal(check(path), -EACCES);
    assert_non_null(strstr(err.text, "set-uid"));
    assert_int_equal(chown(path, getuid(), 4242), 0);
    chmod(path, 02755);
    assert_int_equal(check(path), -EACCES);
    assert_non_null(strstr(err.text, "set-gid"));
    chmod(path, 02745);
    assert_int_equal(check(path), 0);
}

/* In a mount of its own, of a namespace of its own. */
static void set_uid_without_effect_is_accepted(void **state)
{
    pid_t child = getuid() ? 0 : fork();
    int status = 0;

    if (child == 0 && !getuid()) {
        if (unshare(CLONE_NEWNS) != 0 ||
            mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("tmpfs", *state, "tmpfs", MS_NOSUID, NULL) != 0)
            _exit(0);
        write_elf(state, "p", EM_X86_64, "/lib64/ld-linux-x86-64.so.2", 0755);
        _exit(chown(path, 4242, (gid_t)-1) != 0 || chmod(path, 04755) != 0 ||
              check(path) != 0);
    }
    assert_true(child == 0 || waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
}

static void a_damaged_file_is_refused(void **state)
{
    Elf64_Ehdr eh;

    memset(&eh, 0, sizeof(eh));
    memcpy(eh.e_ident, ELFMAG, SELFMAG);
    eh.e_ident[EI_CLASS] = ELFCLASS64;
    eh.e_machine = EM_X86_64;
    eh.e_type = ET_EXEC;
    eh.e_phentsize = sizeof(Elf64_Phdr);
    eh.e_phnum = 3;
    eh.e_phoff = 1ull << 60;
    write_file(state, "p", &eh, sizeof(eh), 0755);
    assert_int_equal(check(path), -ENOEXEC);
    write_file(state, "q", ELFMAG, SELFMAG, 0755);
    assert_int_equal(check(path), -ENOEXEC);
    write_file(state, "r", "", 0, 0755);
    assert_int_equal(check(path), -ENOEXEC);
}

static void what_cannot_be_executed_is_named(void **state)
{
    assert_int_equal(check("no-such-program-anywhere"), -ENOENT);
    assert_non_null(strstr(err.text, "not found in PATH"));
    write_file(state, "p", "#!/bin/sh\n", 10, 0644);
    assert_int_equal(check(path), -EACCES);
    assert_int_equal(check(*state), -EACCES);
    ck_env_put("PATH", *state);
    assert_int_equal(check("p"), -EACCES);
    assert_non_null(strstr(err.text, "not executable"));
    chmod(path, 0755);
    assert_int_equal(check("p"), 0);
    ck_env_put("PATH", "/usr/local/bin:/usr/bin:/bin");
}

#define TEST(f) \
    cmocka_unit_test_setup_teardown(f, unit_dir_setup, unit_dir_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_shell_is_accepted),
        TEST(a_script_is_its_interpreter),
        TEST(scripts_of_each_other_end),
        TEST(a_static_program_is_refused),
        TEST(valgrind_is_refused),
        TEST(musl_is_refused),
        TEST(another_architecture_is_refused),
        TEST(set_uid_and_set_gid_are_refused),
        TEST(set_uid_without_effect_is_accepted),
        TEST(a_damaged_file_is_refused),
        TEST(what_cannot_be_executed_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
