/*
 * netns.h - a socket of another network namespace, without privilege: a
 * child with a user namespace of its own, in which it may make the other,
 * opens it in the descriptor table that it shares with us, and ends.
 */
#ifndef CKPT_TESTS_NETNS_H
#define CKPT_TESTS_NETNS_H

#include "claim.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static inline int netns_put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    int ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    close(fd);
    return ok;
}

/* Lets our group use ICMP sockets there. */
static inline void netns_allow_ping(unsigned uid, unsigned gid)
{
    char map[64];

    snprintf(map, sizeof(map), "0 %u 1", uid);
    if (!netns_put("/proc/self/uid_map", map))
        _exit(2);
    snprintf(map, sizeof(map), "0 %u 1", gid);
    if (!netns_put("/proc/self/setgroups", "deny") ||
        !netns_put("/proc/self/gid_map", map) ||
        !netns_put("/proc/sys/net/ipv4/ping_group_range", "0 0"))
        _exit(3);
}

/* Under number `at`. */
static inline void netns_socket(int domain, int type, int protocol, int at)
{
    unsigned uid = getuid(), gid = getgid();
    int status = 0, s;
    pid_t pid;

    pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNET |
                                    CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (pid < 0)
        claim_skip("no user and network namespaces here");
    if (pid == 0) {
        if (type == SOCK_DGRAM && protocol)
            netns_allow_ping(uid, gid);
        s = socket(domain, type, protocol);
        _exit(s < 0 || dup2(s, at) < 0 || close(s) < 0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    if (status)
        claim_skip("no such socket in a network namespace of one's own");
}

#endif
