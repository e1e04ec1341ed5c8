/*
 * waits.c - see waits.h. Each call is made by the thread of the test; what it
 * waits for is set up before a child is made, which gives it.
 */
#include "claim.h"
#include "waits.h"

#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>

struct waits_seen *seen;
int waits_ms;

int waits_blocked(int in_pid, int tid)
{
    char path[64], text[64] = "";
    int f;

    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", in_pid, tid);
    f = open(path, O_RDONLY);
    CHECK(f >= 0 && read(f, text, sizeof text - 1) >= 0);
    close(f);
    return text[0] >= '0' && text[0] <= '9' ? atoi(text) : -1;
}

int waits_received(int by_pid)
{
    unsigned long long pending = 0;
    char path[64], line[256];
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", by_pid);
    CHECK((f = fopen(path, "r")) != NULL);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "ShdPnd: %llx", &pending) == 1)
            break;
    fclose(f);
    return !(pending >> (SIGTERM - 1) & 1);
}

void waits_coordinator(int sig)
{
    FILE *f = fopen(claim_path("ck/coordinator"), "r");
    char host[256], port[32];
    int of;

    CHECK(f && fscanf(f, "%255s %31s %d", host, port, &of) == 3);
    fclose(f);
    CHECK(kill(of, sig) == 0);
}

/* ---- what the calls wait for ---- */

#define LONG_MS 100000
#define MUCH 300000

static int fd[2] = {-1, -1}, ipc = -1, pid;
static char buffer[MUCH];
static const struct timespec long_time = {LONG_MS / 1000, 0};

static void pipes(void)
{
    CHECK(pipe(fd) == 0);
}

static void sockets(void)
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
}

static void limited(void)
{
    const struct timeval t = {LONG_MS / 1000, 0};

    sockets();
    for (int i = 0; i < 2; i++) {
        CHECK(!setsockopt(fd[i], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
        CHECK(!setsockopt(fd[i], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t));
    }
}

static void events(void)
{
    CHECK((fd[0] = fd[1] = eventfd(0, 0)) >= 0);
}

static void listening(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof a;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK((fd[0] = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
    CHECK(bind(fd[0], (struct sockaddr *)&a, sizeof a) == 0);
    CHECK(listen(fd[0], 1) == 0);
    CHECK(getsockname(fd[0], (struct sockaddr *)&a, &len) == 0);
    memcpy(buffer, &a, sizeof a);
}

static void listening_limited(void)
{
    const struct timeval t = {LONG_MS / 1000, 0};

    listening();
    CHECK(!setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
}

static void connects(void)
{
    int s = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(connect(s, (void *)buffer, sizeof(struct sockaddr_in)) == 0);
}

/* Nothing more goes in. */
static void fill(int to)
{
    CHECK(fcntl(to, F_SETFL, O_NONBLOCK) == 0);
    while (write(to, buffer, 1000) > 0)
        ;
    CHECK(errno == EAGAIN && fcntl(to, F_SETFL, 0) == 0);
}

static void full_pipe(void)
{
    pipes();
    fill(fd[1]);
}

static void full_socket(void)
{
    sockets();
    fill(fd[1]);
}

static void full_limited(void)
{
    limited();
    fill(fd[1]);
}

static void tell(void)
{
    const long long one = 1;

    CHECK(write(fd[1], &one, 8) == 8);
}

/* All that there is and will be: the writer goes on when there is room. */
static void drain(void)
{
    while (!seen->done) {
        struct pollfd p = {fd[0], POLLIN, 0};

        if (poll(&p, 1, 10) > 0)
            CHECK(read(fd[0], buffer, sizeof buffer) > 0);
    }
}

static void close_both(void)
{
    close(fd[0]);
    if (fd[1] != fd[0])
        close(fd[1]);
    fd[0] = fd[1] = -1;
}

static void fifo(void)
{
    unlink(claim_path("fifo"));
    CHECK(mkfifo(claim_path("fifo"), 0600) == 0);
}

static void open_fifo(void)
{
    CHECK(open(claim_path("fifo"), O_WRONLY) >= 0);
}

/* Somebody else has the lock, until he ends. */
static void locked_by(int record)
{
    struct flock l = {.l_type = F_WRLCK, .l_len = 1};
    int ready[2];

    pipes();
    CHECK(pipe(ready) == 0);
    CHECK((pid = fork()) >= 0);
    if (!pid) {
        int f = open(claim_path("lock"), O_RDWR | O_CREAT, 0600);

        CHECK((record ? fcntl(f, F_SETLK, &l) : flock(f, LOCK_EX)) == 0);
        claim_tell(ready[1]);
        claim_hear(fd[0]);
        _exit(0);
    }
    claim_hear(ready[0]);
    close(ready[0]);
    close(ready[1]);
    ipc = open(claim_path("lock"), O_RDWR);
}

static void flocked(void)
{
    locked_by(0);
}

static void record_locked(void)
{
    locked_by(1);
}

static void unlocked(void)
{
    close(ipc);
    kill(pid, SIGKILL); /* it may have been told, or not */
    while (waitpid(pid, NULL, 0) < 0)
        CHECK(errno == EINTR);
    close_both();
}

static void child(void)
{
    pipes();
    CHECK((pid = fork()) >= 0);
    if (!pid) {
        claim_hear(fd[0]);
        _exit(0);
    }
}

static void reaped(void)
{
    if (seen->ret < 0)
        tell();
    if (seen->ret <= 0)
        waitpid(pid, NULL, 0);
    close_both();
}

static void semaphore(void)
{
    CHECK(sem_init(&seen->sem, 1, 0) == 0);
}

static void post(void)
{
    CHECK(sem_post(&seen->sem) == 0);
}

static void queue(void)
{
    CHECK((ipc = msgget(IPC_PRIVATE, 0600)) >= 0);
}

struct message {
    long type;
    char text[4000];
};

static void full_queue(void)
{
    static struct message m = {.type = 1};

    queue();
    while (msgsnd(ipc, &m, sizeof m.text, IPC_NOWAIT) == 0)
        ;
    CHECK(errno == EAGAIN);
}

static void send_message(void)
{
    static struct message m = {.type = 1};

    CHECK(msgsnd(ipc, &m, 1, 0) == 0);
}

static void take_message(void)
{
    static struct message m;

    CHECK(msgrcv(ipc, &m, sizeof m.text, 0, 0) >= 0);
}

static void no_queue(void)
{
    CHECK(msgctl(ipc, IPC_RMID, NULL) == 0);
}

static void sysv_semaphore(void)
{
    CHECK((ipc = semget(IPC_PRIVATE, 1, 0600)) >= 0);
}

static void sysv_up(void)
{
    struct sembuf up = {0, 1, 0};

    CHECK(semop(ipc, &up, 1) == 0);
}

static void no_semaphore(void)
{
    CHECK(semctl(ipc, 0, IPC_RMID) == 0);
}

static struct sembuf down = {0, -1, 0};

static void posix_queue(void)
{
    struct mq_attr a = {.mq_maxmsg = 1, .mq_msgsize = 8};
    char name[64];

    snprintf(name, sizeof name, "/ckpt-term.%d", getpid());
    ipc = mq_open(name, O_RDWR | O_CREAT, 0600, &a);
    CHECK(ipc >= 0 && mq_unlink(name) == 0);
}

static void posix_send(void)
{
    CHECK(mq_send(ipc, "x", 1, 0) == 0);
}

static void close_ipc(void)
{
    close(ipc);
}

static void pollable(void)
{
    struct epoll_event ev = {.events = EPOLLIN};

    pipes();
    CHECK((ipc = epoll_create1(0)) >= 0);
    CHECK(epoll_ctl(ipc, EPOLL_CTL_ADD, fd[0], &ev) == 0);
}

static void not_pollable(void)
{
    close(ipc);
    close_both();
}

static void mask(int how, int a, int b)
{
    sigset_t s;

    sigemptyset(&s);
    sigaddset(&s, a);
    sigaddset(&s, b);
    CHECK(pthread_sigmask(how, &s, NULL) == 0);
}

/* SIGTERM and SIGUSR1 come in the call only. */
static void closed(void)
{
    mask(SIG_BLOCK, SIGTERM, SIGUSR1);
}

static void opened(void)
{
    mask(SIG_UNBLOCK, SIGTERM, SIGUSR1);
}

static void closed_pollable(void)
{
    pollable();
    mask(SIG_BLOCK, SIGTERM, SIGTERM);
}

static void opened_pollable(void)
{
    mask(SIG_UNBLOCK, SIGTERM, SIGTERM);
    not_pollable();
}

static void awaited(void)
{
    mask(SIG_BLOCK, SIGUSR2, SIGUSR2);
}

static void usr1(void)
{
    CHECK(kill(seen->pid, SIGUSR1) == 0);
}

static void usr2(void)
{
    CHECK(kill(seen->pid, SIGUSR2) == 0);
}

static void nothing(void)
{
}

static void wake(void)
{
    seen->word = 1;
    syscall(SYS_futex, &seen->word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void futex(void)
{
    seen->word = 0;
}

/* ---- the calls ---- */

#define CALL(name, ...)                                                     \
    static long name(void)                                                  \
    {                                                                       \
        __VA_ARGS__                                                         \
    }
#define POLLED struct pollfd p = {fd[0], POLLIN, 0}
#define SET(t)                                                              \
    fd_set s;                                                               \
    struct timeval v = {LONG_MS / 1000, 0}, *t = &v;                        \
    FD_ZERO(&s);                                                            \
    FD_SET(fd[0], &s);                                                      \
    (void)t
#define EVENT struct epoll_event ev
#define SLEEP                                                               \
    struct timespec sleep_time = {waits_ms / 1000, waits_ms % 1000 * 1000000}
#define NO_MASK sigset_t none; sigemptyset(&none)
#define WAITED sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR2)

CALL(c_read, return read(fd[0], buffer, 8);)
CALL(c_readv, struct iovec v = {buffer, 8}; return readv(fd[0], &v, 1);)
CALL(c_write, return write(fd[1], buffer, 1000);)
CALL(c_write_much, return write(fd[1], buffer, MUCH);)
CALL(c_writev_much, struct iovec v = {buffer, MUCH};
     return writev(fd[1], &v, 1);)
CALL(c_send_much, return send(fd[1], buffer, MUCH, 0);)
CALL(c_recv, return recv(fd[0], buffer, 8, 0);)
CALL(c_recv_all, return recv(fd[0], buffer, 8, MSG_WAITALL);)
CALL(c_recvmsg, struct iovec v = {buffer, 8};
     struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
     return recvmsg(fd[0], &m, 0);)
CALL(c_send, return send(fd[1], buffer, 1000, 0);)
CALL(c_accept, return (ipc = accept(fd[0], NULL, NULL)) >= 0 ? 0 : -1;)
CALL(c_open, return (fd[0] = open(claim_path("fifo"), O_RDONLY)) >= 0 ? 0 : -1;)
CALL(c_flock, return flock(ipc, LOCK_EX);)
CALL(c_setlkw, struct flock l = {.l_type = F_WRLCK, .l_len = 1};
     return fcntl(ipc, F_SETLKW, &l);)
CALL(c_waitpid, return waitpid(pid, NULL, 0) < 0 ? -1 : 1;)
CALL(c_waitid, siginfo_t i; return waitid(P_PID, (id_t)pid, &i, WEXITED | WNOWAIT);)
CALL(c_sem_wait, return sem_wait(&seen->sem);)
CALL(c_sem_timedwait, struct timespec t; clock_gettime(CLOCK_REALTIME, &t);
     t.tv_sec += 100; return sem_timedwait(&seen->sem, &t);)
CALL(c_futex, return syscall(SYS_futex, &seen->word, FUTEX_WAIT, 0, NULL);)
CALL(c_futex_timed,
     return syscall(SYS_futex, &seen->word, FUTEX_WAIT, 0, &long_time);)
CALL(c_mq_receive, return mq_receive(ipc, buffer, 8, NULL);)
CALL(c_msgrcv, struct message m;
     return msgrcv(ipc, &m, sizeof m.text, 0, 0);)
CALL(c_msgsnd, static struct message m = {.type = 1};
     return msgsnd(ipc, &m, sizeof m.text, 0);)
CALL(c_semop, return semop(ipc, &down, 1);)
CALL(c_semtimedop, return semtimedop(ipc, &down, 1, &long_time);)
CALL(c_poll, POLLED; return poll(&p, 1, -1);)
CALL(c_poll_timed, POLLED; return poll(&p, 1, LONG_MS);)
CALL(c_ppoll, POLLED; return ppoll(&p, 1, NULL, NULL);)
CALL(c_ppoll_masked, POLLED; NO_MASK; return ppoll(&p, 1, &long_time, &none);)
CALL(c_select, SET(t); return select(fd[0] + 1, &s, NULL, NULL, NULL);)
CALL(c_select_timed, SET(t); return select(fd[0] + 1, &s, NULL, NULL, t);)
CALL(c_pselect, SET(t); return pselect(fd[0] + 1, &s, NULL, NULL, NULL, NULL);)
CALL(c_pselect_masked, SET(t); NO_MASK;
     return pselect(fd[0] + 1, &s, NULL, NULL, &long_time, &none);)
CALL(c_epoll_wait, EVENT; return epoll_wait(ipc, &ev, 1, -1);)
CALL(c_epoll_timed, EVENT; return epoll_wait(ipc, &ev, 1, LONG_MS);)
CALL(c_epoll_pwait, EVENT; NO_MASK; return epoll_pwait(ipc, &ev, 1, -1, &none);)
CALL(c_epoll_pwait2, EVENT; return epoll_pwait2(ipc, &ev, 1, &long_time, NULL);)
CALL(c_epoll_raw, EVENT; return syscall(SYS_epoll_wait, ipc, &ev, 1, -1);)
CALL(c_pause, return pause();)
CALL(c_sigsuspend, NO_MASK; return sigsuspend(&none);)
CALL(c_sigwaitinfo, WAITED; return sigwaitinfo(&s, NULL);)
CALL(c_sigtimedwait, WAITED; return sigtimedwait(&s, NULL, &long_time);)
CALL(c_sigwait, WAITED; int sig = 0; return sigwait(&s, &sig) ? -1 : sig;)
CALL(c_nanosleep, SLEEP; return nanosleep(&sleep_time, NULL);)
CALL(c_clock_nanosleep, SLEEP;
     errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &sleep_time, NULL);
     return errno ? -1 : 0;)
CALL(c_usleep, return usleep((useconds_t)waits_ms * 1000);)
CALL(c_sleep, return sleep((unsigned)waits_ms / 1000 + 2);)

#define R RESTARTED
const struct waits_row waits_rows[] = {
    {"read", pipes, c_read, tell, close_both, 8, R},
    {"readv", pipes, c_readv, tell, close_both, 8, R},
    {"read of an eventfd", events, c_read, tell, close_both, 8, R},
    {"write", full_pipe, c_write, drain, close_both, 1000, R},
    {"write, halfway", pipes, c_write_much, drain, close_both, MUCH, PARTIAL},
    {"writev, halfway", pipes, c_writev_much, drain, close_both, MUCH, PARTIAL},
    {"send, halfway", sockets, c_send_much, drain, close_both, MUCH, PARTIAL},
    {"recv", sockets, c_recv, tell, close_both, 8, R},
    {"recv of all", sockets, c_recv_all, tell, close_both, 8, R},
    {"recvmsg", sockets, c_recvmsg, tell, close_both, 8, R},
    {"recv with SO_RCVTIMEO", limited, c_recv, tell, close_both, 8, 0},
    {"send", full_socket, c_send, drain, close_both, 1000, R},
    {"send with SO_SNDTIMEO", full_limited, c_send, drain, close_both, 1000, 0},
    {"accept", listening, c_accept, connects, not_pollable, 0, R},
    {"accept with SO_RCVTIMEO", listening_limited, c_accept, connects,
     not_pollable, 0, 0},
    {"open", fifo, c_open, open_fifo, close_both, 0, R},
    {"flock", flocked, c_flock, tell, unlocked, 0, R},
    {"fcntl", record_locked, c_setlkw, tell, unlocked, 0, R},
    {"waitpid", child, c_waitpid, tell, reaped, 1, R},
    {"waitid", child, c_waitid, tell, reaped, 0, R},
    {"sem_wait", semaphore, c_sem_wait, post, NULL, 0, R},
    {"sem_timedwait", semaphore, c_sem_timedwait, post, NULL, 0, 0},
    {"futex", futex, c_futex, wake, NULL, 0, R},
    {"futex with a timeout", futex, c_futex_timed, wake, NULL, 0, 0},
    {"mq_receive", posix_queue, c_mq_receive, posix_send, close_ipc, 1, R},
    {"msgrcv", queue, c_msgrcv, send_message, no_queue, 1, 0},
    {"msgsnd", full_queue, c_msgsnd, take_message, no_queue, 0, 0},
    {"semop", sysv_semaphore, c_semop, sysv_up, no_semaphore, 0, 0},
    {"semtimedop", sysv_semaphore, c_semtimedop, sysv_up, no_semaphore, 0, 0},
    {"poll", pipes, c_poll, tell, close_both, 1, 0},
    {"poll with a timeout", pipes, c_poll_timed, tell, close_both, 1, 0},
    {"ppoll", pipes, c_ppoll, tell, close_both, 1, 0},
    {"ppoll with a mask", closed_pollable, c_ppoll_masked, tell,
     opened_pollable, 1, 0},
    {"select", pipes, c_select, tell, close_both, 1, 0},
    {"select with a timeout", pipes, c_select_timed, tell, close_both, 1, 0},
    {"pselect", pipes, c_pselect, tell, close_both, 1, 0},
    {"pselect with a mask", closed_pollable, c_pselect_masked, tell,
     opened_pollable, 1, 0},
    {"epoll_wait", pollable, c_epoll_wait, tell, not_pollable, 1, 0},
    {"epoll_wait with a timeout", pollable, c_epoll_timed, tell, not_pollable,
     1, 0},
    {"epoll_pwait with a mask", closed_pollable, c_epoll_pwait, tell,
     opened_pollable, 1, 0},
    {"epoll_pwait2", pollable, c_epoll_pwait2, tell, not_pollable, 1, 0},
    {"epoll_wait by syscall()", pollable, c_epoll_raw, tell, not_pollable, 1,
     0},
    {"pause", NULL, c_pause, usr1, NULL, -1, BY_SIGNAL},
    {"sigsuspend", closed, c_sigsuspend, usr1, opened, -1, BY_SIGNAL},
    {"sigwaitinfo", awaited, c_sigwaitinfo, usr2, NULL, SIGUSR2, 0},
    {"sigtimedwait", awaited, c_sigtimedwait, usr2, NULL, SIGUSR2, 0},
    {"sigwait", awaited, c_sigwait, usr2, NULL, SIGUSR2, LOOPS},
    {"nanosleep", NULL, c_nanosleep, nothing, NULL, 0, 0},
    {"clock_nanosleep", NULL, c_clock_nanosleep, nothing, NULL, 0, 0},
    {"usleep", NULL, c_usleep, nothing, NULL, 0, 0},
    {"sleep", NULL, c_sleep, nothing, NULL, 0, SLEEPS},
    {NULL, NULL, NULL, NULL, NULL, 0, 0},
};
