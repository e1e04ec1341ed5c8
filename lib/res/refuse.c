/*
 * refuse.c - names what no resource kind knows, and says what to do.
 *
 * Sockets are often there for a moment only (a name look-up, a licence
 * check): -EAGAIN, so that the checkpoint may be tried again. All others
 * are -ENOTSUP: they stay as long as the program wants them.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Does the inode stand in this table of /proc/PID/net? Both formats have it
 * as a decimal word of its own. */
static int in_table(pid_t pid, const char *table, unsigned long ino)
{
    char path[64], line[512], word[32];
    int found = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/net/%s", pid, table);
    snprintf(word, sizeof(word), " %lu", ino);
    f = fopen(path, "re");
    while (f && !found && fgets(line, sizeof(line), f)) {
        char *p = strstr(line, word);
        size_t n = strlen(word);

        found = p && (p[n] == ' ' || p[n] == '\n' || p[n] == '\0');
    }
    if (f)
        fclose(f);
    return found;
}

static const char *socket_kind(const struct ck_res_ofd *o)
{
    static const struct {
        const char *table, *text;
    } tables[] = {
        {"unix", "a Unix socket"}, {"tcp", "a TCP socket"},
        {"tcp6", "a TCP socket"},  {"udp", "a UDP socket"},
        {"udp6", "a UDP socket"},  {"netlink", "a netlink socket"},
        {"packet", "a packet socket"},
    };

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (in_table(o->pid, tables[i].table, (unsigned long)o->st.st_ino))
            return tables[i].text;
    }
    return "a socket";
}

static int refuse_anon(const struct ck_res_ofd *o, char *why, size_t cap)
{
    static const struct {
        const char *name, *text;
    } known[] = {
        {"fanotify", "a fanotify group"},
        {"io_uring", "an io_uring"},
        {"userfaultfd", "a userfaultfd"},
        {"perf_event", "a perf event"},
        {"bpf", "a BPF object"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strstr(o->link, known[i].name))
            return ck_res_why(why, cap, -ENOTSUP,
                              "%s: these can't be saved yet; close it before "
                              "the checkpoint", known[i].text);
    }
    return ck_res_why(why, cap, -ENOTSUP,
                      "%s: this kind of descriptor can't be saved", o->link);
}

static int refuse_device(const struct ck_res_ofd *o, char *why, size_t cap)
{
    return ck_res_why(why, cap, -ENOTSUP,
                      "the device %s: its state is outside of the process "
                      "and can't be saved; close it before the checkpoint",
                      o->link);
}

int ck_res_refuse(const struct ck_res_ofd *o, char *why, size_t cap)
{
    switch (o->st.st_mode & S_IFMT) {
    case S_IFSOCK:
        if (!o->domain)
            return ck_res_why(why, cap, -EAGAIN,
                              "%s that can't be looked into: pidfd_getfd is "
                              "not allowed here", socket_kind(o));
        return ck_res_why(why, cap, -EAGAIN,
                          "%s: sockets can't be saved yet; close it before "
                          "the checkpoint", socket_kind(o));
    case S_IFCHR:
    case S_IFBLK:
        return refuse_device(o, why, cap);
    default:
        return refuse_anon(o, why, cap);
    }
}
