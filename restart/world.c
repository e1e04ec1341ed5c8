/*
 * world.c - see world.h.
 *
 * Who may make the namespaces (an administrator) keeps what he may do; others
 * need a user namespace for it, and give up again all that it has brought
 * them, so that what they could not do at a restart can't be done here.
 * Everything is gone with its last process.
 */
#include "restart/world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PARTS (CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC)

/* Limits that every network has for itself. */
static const char *const limits[] = {
    "/proc/sys/net/unix/max_dgram_qlen",
    "/proc/sys/net/core/somaxconn",
    "/proc/sys/net/ipv4/ip_unprivileged_port_start",
    "/proc/sys/net/ipv4/ip_local_port_range",
};
#define LIMITS (sizeof(limits) / sizeof(limits[0]))
#define DGRAMS 10 /* the kernel's, where max_dgram_qlen is not shown */

struct caps {
    struct __user_cap_header_struct head;
    struct __user_cap_data_struct data[2];
};

static int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return -errno;
    if (write(fd, text, strlen(text)) < 0)
        rc = -errno;
    close(fd);
    return rc;
}

static void read_text(const char *path, char *buf, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, buf, cap - 1);

    buf[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

/* Users and groups are called what they are called outside. */
static int same_names(uid_t uid, gid_t gid)
{
    char text[64];
    int rc = write_text("/proc/self/setgroups", "deny");

    snprintf(text, sizeof(text), "%u %u 1", uid, uid);
    if (!rc || rc == -ENOENT)
        rc = write_text("/proc/self/uid_map", text);
    snprintf(text, sizeof(text), "%u %u 1", gid, gid);
    return rc ? rc : write_text("/proc/self/gid_map", text);
}

static int leave(struct ck_world *w, const struct caps *had)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (unshare(PARTS) == 0)
        return 0;
    if (unshare(CLONE_NEWUSER | PARTS) < 0)
        return -errno;
    w->less = had->data[0].effective || had->data[1].effective;
    return same_names(uid, gid);
}

static int bind_to(const char *from, const char *dir, int is_dir)
{
    char path[4200];
    int fd;

    snprintf(path, sizeof(path), "%s%s", dir, from);
    if (is_dir && mkdir(path, 0700) < 0)
        return -errno;
    fd = is_dir ? -1 : open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return mount(from, path, NULL, MS_BIND | MS_REC, NULL) < 0 ? -errno : 0;
}

static int empty_root(const char *dir)
{
    char path[4200];
    int rc;

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("ckpt", dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") < 0)
        return -errno;
    rc = bind_to("/proc", dir, 1);
    snprintf(path, sizeof(path), "%s/dev", dir);
    if (!rc && mkdir(path, 0700) < 0)
        rc = -errno;
    strcat(path, "/shm");
    if (!rc && mkdir(path, 0700) < 0)
        rc = -errno;
    if (!rc)
        rc = bind_to("/dev/null", dir, 0);
    if (!rc && (chroot(dir) < 0 || chdir("/") < 0))
        rc = -errno;
    return rc;
}

static int loopback(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;
    struct ifreq lo = {.ifr_name = "lo"};

    if (fd < 0)
        return -errno;
    if (ioctl(fd, SIOCGIFFLAGS, &lo) < 0)
        rc = -errno;
    lo.ifr_flags |= IFF_UP;
    if (!rc && ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
        rc = -errno;
    close(fd);
    return rc;
}

int ck_world_enter(struct ck_world *w, const char *dir)
{
    struct caps had = {.head = {_LINUX_CAPABILITY_VERSION_3, 0}};
    char text[LIMITS][64], now[64];
    int rc;

    memset(w, 0, sizeof(*w));
    for (size_t i = 0; i < LIMITS; i++)
        read_text(limits[i], text[i], sizeof(text[i]));
    if (syscall(SYS_capget, &had.head, had.data) < 0)
        return -errno;
    rc = leave(w, &had);
    for (size_t i = 0; !rc && i < LIMITS; i++)
        (void)write_text(limits[i], text[i]);
    read_text(limits[0], now, sizeof(now));
    w->small = (*now ? atoi(now) : DGRAMS) < atoi(text[0]);
    if (!rc)
        rc = empty_root(dir);
    if (!rc)
        rc = loopback();
    if (!rc && syscall(SYS_capset, &had.head, had.data) < 0)
        rc = -errno;
    return rc;
}
