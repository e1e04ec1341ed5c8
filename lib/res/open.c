/*
 * open.c - opens again what a program has open, also what it could not open
 * now.
 *
 * A file that is made without the right to write it (0444, as git makes its
 * objects) is open for writing all the same, and so is one whose mode was
 * changed since. Its owner gets the right for the moment of the open, and the
 * mode is what it was again. Of others' files the mode decides.
 */
#include "lib/res/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOR_OWNER (S_IRUSR | S_IWUSR)

/* way: a name of the file that leads to no other one meanwhile. */
static int open_as_owner(const char *way, int flags)
{
    struct stat st;
    int fd;

    if (stat(way, &st) < 0 || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) ||
        st.st_uid != geteuid() || (st.st_mode & FOR_OWNER) == FOR_OWNER ||
        chmod(way, (st.st_mode & 07777) | FOR_OWNER) < 0)
        return -EACCES;
    fd = open(way, flags);
    if (fd < 0)
        fd = -errno;
    chmod(way, st.st_mode & 07777);
    return fd;
}

int ck_res_reopen(int fd, unsigned flags)
{
    /* The way there is a link; shm_open asks for none. */
    int how = (int)(flags & ~(unsigned)O_NOFOLLOW) | O_CLOEXEC | O_NOCTTY, r;
    char way[40];

    snprintf(way, sizeof(way), "/proc/self/fd/%d", fd);
    r = open(way, how);
    if (r >= 0)
        return r;
    return errno == EACCES ? open_as_owner(way, how) : -errno;
}

int ck_res_open(const char *path, unsigned flags)
{
    int fd = open(path, (int)flags | O_CLOEXEC | O_NOCTTY), place;

    if (fd >= 0 || errno != EACCES)
        return fd < 0 ? -errno : fd;
    place = open(path, O_PATH | O_CLOEXEC | (int)(flags & O_NOFOLLOW));
    if (place < 0)
        return -errno;
    fd = ck_res_reopen(place, flags);
    close(place);
    return fd;
}

int ck_res_openable(const char *path, int mode)
{
    struct stat st;

    if (!faccessat(AT_FDCWD, path, mode, AT_EACCESS))
        return 0;
    if (errno != EACCES)
        return -errno;
    return !stat(path, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid()
               ? 0 : -EACCES;
}
