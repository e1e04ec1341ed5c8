/* With an argument: has a segment with that number attached, in an IPC
 * namespace of its own, until it is killed. Without: a claim about a segment
 * of its own, whose number it tells in the file `id`. */
#include "claim.h"

#include <sched.h>
#include <sys/stat.h>
#include <sys/shm.h>

static int elsewhere(const char *number)
{
    int fd, id;

    if (unshare(CLONE_NEWUSER | CLONE_NEWIPC) < 0)
        return 77;
    fd = open("/proc/sys/kernel/shm_next_id", O_WRONLY);
    if (fd < 0 || write(fd, number, strlen(number)) < 0)
        return 77; /* CONFIG_CHECKPOINT_RESTORE */
    close(fd);
    id = shmget(IPC_PRIVATE, 8192, 0600);
    CHECK_EQ(id, atoi(number));
    CHECK(shmat(id, NULL, 0) != (void *)-1);
    CHECK(mkdir(claim_path("elsewhere"), 0700) == 0);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    int id = argc > 1 ? -1 : shmget(IPC_PRIVATE, 4096, 0600), fd;
    char text[20], *p = argc > 1 ? NULL : shmat(id, NULL, 0);

    if (argc > 1)
        return elsewhere(argv[1]);
    CHECK(id >= 0 && p != (void *)-1);
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
    snprintf(text, sizeof(text), "%d", id);
    strcpy(p, text);
    fd = open(claim_path("id"), O_CREAT | O_WRONLY, 0600);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) > 0 && close(fd) == 0);
    claim_ready();
    claim_wait();
    CHECK(strcmp(p, text) == 0);
    claim_pass();
}
