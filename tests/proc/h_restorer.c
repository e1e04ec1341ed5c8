/* Waits until a process of the computation in a job directory (argument) is
 * being restored, stops that one, and says its number; 1 if there was none for
 * five seconds. The file `armed` says that it looks. */
#include "claim.h"
#include <dirent.h>

static int is_restored(const char *pid, const char *dir)
{
    char path[300], env[8192];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%s/environ", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? 0 : read(fd, env, sizeof env);
    if (fd >= 0)
        close(fd);
    return n > 0 && memmem(env, (size_t)n, "CKPT_PLAN=", 10) &&
           memmem(env, (size_t)n, dir, strlen(dir) + 1);
}

int main(int argc, char **argv)
{
    long long end = claim_ms() + 5000;
    pid_t found = 0;
    struct dirent *e;

    CHECK(argc == 2);
    close(open("armed", O_CREAT | O_WRONLY, 0644));
    while (!found && claim_ms() < end) {
        DIR *d = opendir("/proc");

        CHECK(d);
        while (!found && (e = readdir(d)))
            if (atoi(e->d_name) > 0 && is_restored(e->d_name, argv[1]))
                found = atoi(e->d_name);
        closedir(d);
        if (found && kill(found, SIGSTOP) < 0)
            found = 0;
    }
    if (!found)
        return 1;
    printf("%d\n", (int)found);
    return 0;
}
