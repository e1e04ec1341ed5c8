/* Runs its arguments as root of a user namespace of their own, with a /mnt
 * that only they see. Makes the namespaces as the first argument says: by
 * `clone`, or by `unshare` in this process, as container starters do. */
#include "claim.h"

#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>

static const int spaces = CLONE_NEWUSER | CLONE_NEWNS;

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static int run(uid_t uid, gid_t gid, char **argv)
{
    char map[64];

    put("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
    put("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
    put("/proc/self/gid_map", map);
    CHECK(mount("none", "/mnt", "tmpfs", 0, NULL) == 0);
    execvp(argv[0], argv);
    return 127;
}

int main(int argc, char **argv)
{
    uid_t uid = getuid();
    gid_t gid = getgid();
    pid_t pid = 0;
    int st;

    CHECK(argc > 2);
    if (strcmp(argv[1], "unshare") == 0) {
        if (unshare(spaces) == 0)
            return run(uid, gid, argv + 2);
    } else {
        pid = (pid_t)syscall(SYS_clone, (long)(spaces | SIGCHLD), 0L, 0L, 0L,
                             0L);
        if (pid == 0)
            return run(uid, gid, argv + 2);
    }
    if (pid <= 0) {
        fprintf(stderr, "SKIP no namespaces: %s\n", strerror(errno));
        return errno == EPERM || errno == ENOSPC ? 77 : 1;
    }
    CHECK(waitpid(pid, &st, 0) == pid);
    return WIFEXITED(st) ? WEXITSTATUS(st) : 1;
}
