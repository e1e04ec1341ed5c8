/*
 * sockets.c - N processes with sockets for the measurements: each has a pair of
 * Unix sockets with a message in it, a TCP connection to its parent with
 * something unread, a bound UDP socket and a pipe. Creates the file `ready`
 * and sleeps.
 *
 * usage: sockets N
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in here = {.sin_family = AF_INET};
static socklen_t len = sizeof(here);

/* One end of all of them; 0 when it has all. */
static int fill(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET,
                              .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int pair[2], ends[2], tcp = socket(AF_INET, SOCK_STREAM, 0);
    int udp = socket(AF_INET, SOCK_DGRAM, 0);

    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) ||
           write(pair[0], "message", 7) != 7 || pipe(ends) ||
           write(ends[1], "x", 1) != 1 ||
           connect(tcp, (struct sockaddr *)&here, len) ||
           write(tcp, "unread", 6) != 6 ||
           bind(udp, (struct sockaddr *)&any, sizeof(any));
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct rlimit files;

    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&here, len) || listen(fd, 16) ||
        getsockname(fd, (struct sockaddr *)&here, &len))
        return 2;
    for (int i = 1; i < n; i++) {
        pid_t pid = fork();

        if (pid < 0 || (pid == 0 && fill()))
            return 2;
        if (pid == 0)
            for (;;)
                pause();
        if (accept(fd, NULL, NULL) < 0)
            return 2;
    }
    if (fill() || accept(fd, NULL, NULL) < 0)
        return 2;
    close(open("ready", O_CREAT | O_WRONLY, 0644));
    for (;;)
        pause();
}
