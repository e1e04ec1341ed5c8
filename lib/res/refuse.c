/*
 * refuse.c - names what no resource kind knows, and says what to do.
 *
 * Sockets are often there for a moment only (a name look-up, a licence
 * check): -EAGAIN, so that the checkpoint may be tried again. All others
 * are -ENOTSUP: they stay as long as the program wants them.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/image/mapped.h"

static const char *socket_kind(const struct ck_res_ofd *o)
{
    int inet = o->domain == AF_INET || o->domain == AF_INET6;

    if (inet && o->type == SOCK_RAW)
        return "a raw socket";
    if (inet && o->protocol == IPPROTO_MPTCP)
        return "an MPTCP socket";
    if (inet && o->protocol == IPPROTO_SCTP)
        return "an SCTP socket";
    if (inet && o->protocol == IPPROTO_UDPLITE)
        return "a UDP-Lite socket";
    if (inet &&
        (o->protocol == IPPROTO_ICMP || o->protocol == IPPROTO_ICMPV6))
        return "an ICMP socket";
    switch (o->domain) {
    case AF_NETLINK:
        return "a netlink socket that is not for NETLINK_ROUTE";
    case AF_PACKET:
        return "a packet socket";
    case AF_VSOCK:
        return "a vsock";
    case AF_ALG:
        return "a socket of the kernel's cryptography";
    default:
        return "a socket of an unknown family";
    }
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
        {CK_MAPPED_SECRET, "secret memory (memfd_secret)"},
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
                          "%s: these can't be saved; close it before the "
                          "checkpoint", socket_kind(o));
    case S_IFCHR:
    case S_IFBLK:
        return refuse_device(o, why, cap);
    default:
        return refuse_anon(o, why, cap);
    }
}
