/*
 * init.c - the constructor: is this process under control, and what is it?
 *
 * Without CKPT_DIR nothing happens, now or later, nor does it under Valgrind,
 * whose program is not the process that could be stopped and saved. With it
 * the process gets its agent. A process without CKPT_TREE is the root of a
 * tree: it gives the tree its name, notes which descriptors it was given,
 * and waits until the coordinator has welcomed it, so that a tree never begins
 * in the middle of a checkpoint. A launcher (srun) gets the environment of the
 * present allocation. Here, and only here, libc may be used freely.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "lib/arch/x86_64/emulated.h"
#include "lib/image/stdio.h"
#include "lib/sys/fmt.h"
#include "lib/sys/syscall.h"
#include "runtime/agent.h"
#include "runtime/helper.h"
#include "runtime/input.h"
#include "runtime/interpose/exit.h"
#include "runtime/interpose/term.h"
#include "runtime/interpose/undo.h"
#include "runtime/resume.h"
#include "runtime/rights.h"
#include "runtime/slots.h"
#include "runtime/thread.h"
#include "runtime/virt/former.h"
#include "runtime/virt/sysv.h"

#define WELCOME_MS 15000

struct ck_rt ck_rt;
long ck_busy_offset;
int ck_stop_forced; /* CKPT_STOP=signal: for tests of the fallback */

static const char *value(char **envp, const char *name)
{
    size_t n = strlen(name);

    for (; envp && *envp; envp++)
        if (!strncmp(*envp, name, n) && (*envp)[n] == '=')
            return *envp + n + 1;
    return NULL;
}

static int find_self(void)
{
    Dl_info info;

    if (!dladdr((void *)find_self, &info) || !info.dli_fname ||
        info.dli_fname[0] != '/')
        return -ENOENT;
    if (ck_fmt(ck_rt.runtime_path, sizeof ck_rt.runtime_path, "%s",
               info.dli_fname) < 0)
        return -ENAMETOOLONG;
    return ck_fmt(ck_rt.preload, sizeof ck_rt.preload, "LD_PRELOAD=%s",
                  info.dli_fname);
}

/* Is it the `ckpt` that this runtime belongs to? */
static int is_our_command(void)
{
    char path[sizeof ck_rt.runtime_path + 16];
    struct stat it, ours;

    return ck_command_path(path, sizeof path) == 0 &&
           sys4(SYS_newfstatat, AT_FDCWD, "/proc/self/exe", &it, 0) == 0 &&
           sys4(SYS_newfstatat, AT_FDCWD, path, &ours, 0) == 0 &&
           it.st_dev == ours.st_dev && it.st_ino == ours.st_ino;
}

/* A program may be called as it likes. Slurm's srun is linked with Slurm's
 * library. */
static uint8_t kind_of_program(void)
{
    char exe[4096];
    const char *base;
    long n = sys4(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", exe,
                  sizeof exe - 1);

    if (n <= 0)
        return CK_KIND_SAVED;
    exe[n] = '\0';
    base = strrchr(exe, '/');
    base = base ? base + 1 : exe;
    if (!strcmp(base, "srun") && dlsym(RTLD_DEFAULT, "slurm_init"))
        return CK_KIND_REEXEC;
    if (is_our_command())
        return CK_KIND_STANDIN;
    return CK_KIND_SAVED;
}

/* "tree" or "tree:generation": which pid table holds. */
static void parse_tree(const char *v)
{
    const char *colon = strchr(v, ':');
    size_t n = colon ? (size_t)(colon - v) : strlen(v);

    if (n >= sizeof ck_rt.tree)
        n = sizeof ck_rt.tree - 1;
    memcpy(ck_rt.tree, v, n);
    ck_rt.tree[n] = '\0';
    ck_rt.generation = 0;
    if (colon) {
        char path[1200];

        colon++;
        ck_rt.generation = (uint32_t)ck_parse_u64(&colon, 10);
        ck_fmt(path, sizeof path, "%s/pids.%u.%s", ck_rt.job_dir,
               ck_rt.generation, ck_rt.tree);
        ck_virt_load(path);
        ck_sysv_load();
    }
}

static void put(const char *entry)
{
    char name[64];
    const char *eq = strchr(entry, '=');

    if (!eq || (size_t)(eq - entry) >= sizeof name)
        return;
    memcpy(name, entry, (size_t)(eq - entry));
    name[eq - entry] = '\0';
    setenv(name, eq + 1, 1);
}

/* Some programs (bash) bring their own unsetenv(), which knows nothing yet. */
static void take_out(char **envp, const char *name)
{
    size_t n = strlen(name);
    char **to = envp;

    for (; *envp; envp++)
        if (strncmp(*envp, name, n) != 0 || (*envp)[n] != '=')
            *to++ = *envp;
    *to = NULL;
}

static void become_root(char **envp)
{
    struct ck_given given[CK_GIVEN_MAX];
    const char *name = value(envp, "CKPT_ROOT_TREE");
    char ids[CK_STDIO_MAX] = "";

    ck_rt.root = 1;
    parse_tree(name && *name ? name : "main");
    ck_sysv_begin();
    ck_given_ids(given, ck_given_here(given, CK_GIVEN_MAX), ids, sizeof ids);
    ck_fmt(ck_rt.env_tree, sizeof ck_rt.env_tree, "CKPT_TREE=%s", ck_rt.tree);
    ck_fmt(ck_rt.env_stdio, sizeof ck_rt.env_stdio, "CKPT_STDIO=%s", ids);
    take_out(envp, "CKPT_ROOT_TREE");
    put(ck_rt.env_tree);
    put(ck_rt.env_stdio);
}

/* The environment of the present allocation over the one the script was
 * started with: after a requeue the script still has the old one. */
static void refresh_slurm(void)
{
    char path[1100];
    static char text[64 * 1024];
    long n;

    ck_fmt(path, sizeof path, "%s/env", ck_rt.job_dir);
    n = ck_read_file(path, text, sizeof text);
    for (long at = 0; n > 0 && at < n; at += (long)strlen(text + at) + 1)
        if (!strncmp(text + at, "SLURM_", 6) && strchr(text + at, '='))
            put(text + at);
}

static void become_launcher(char **envp)
{
    char id[32];

    ck_input_begin(value(envp, "CKPT_INPUT"));
    take_out(envp, "CKPT_INPUT");
    ck_fmt(id, sizeof id, "%d", ck_virt_of(ck_getpid()));
    setenv("CKPT_SRUN", id, 1);
    refresh_slurm();
}

static void in_child(void)
{
    ck_virt_forget_self();
    ck_former_forget();
    ck_agent_after_fork();
}

static void begin(char **envp)
{
    const char *dir = value(envp, "CKPT_DIR");
    const char *tree = value(envp, "CKPT_TREE");
    const char *stop = value(envp, "CKPT_STOP");
    const char *ids = value(envp, "CKPT_STDIO");
    struct utsname uts;
    int saved = errno;

    ck_real_init();
    if (!dir || dir[0] != '/' || ck_emulated() || find_self() < 0 ||
        ck_fmt(ck_rt.job_dir, sizeof ck_rt.job_dir, "%s", dir) < 0) {
        errno = saved;
        return;
    }
    ck_real_own();
    ck_busy_offset = (long)((uintptr_t)&ck_virt_busy -
                            (uintptr_t)__builtin_thread_pointer());
    ck_thread_find_libc();
    ck_rights_note();
    ck_mend_find_data();
    ck_stop_forced = stop && !strcmp(stop, "signal");
    ck_fmt(ck_rt.env_dir, sizeof ck_rt.env_dir, "CKPT_DIR=%s", dir);
    ck_rt.kind = kind_of_program();
    if (uname(&uts) == 0)
        ck_fmt(ck_rt.node, sizeof ck_rt.node, "%s", uts.nodename);
    if (tree && *tree) {
        parse_tree(tree);
        ck_fmt(ck_rt.env_tree, sizeof ck_rt.env_tree, "CKPT_TREE=%s", tree);
        ck_fmt(ck_rt.env_stdio, sizeof ck_rt.env_stdio, "CKPT_STDIO=%s",
               ids ? ids : "");
    } else {
        become_root(envp);
    }
    if (ck_rt.kind == CK_KIND_REEXEC)
        become_launcher(envp);
    if (ck_rt.kind != CK_KIND_STANDIN && value(envp, "SLURM_JOB_ID"))
        ck_term_init();
    ck_rt.enabled = 1;
    ck_exit_begin();
    pthread_atfork(ck_undo_before_fork, NULL, in_child);
    if (ck_agent_start() == 0 && ck_rt.root)
        ck_agent_wait_welcome(WELCOME_MS);
    errno = saved;
}

__attribute__((constructor)) static void init(int argc, char **argv,
                                              char **envp)
{
    int shut = ck_term_was_shut();

    (void)argc;
    (void)argv;
    begin(envp);
    if (shut)
        ck_term_open();
}
