/* Claim: a System V message queue keeps id, key, mode, limit and its messages in
 * their order, with their types; who waits for one gets it. */
#include "claim.h"
#include <sys/ipc.h>
#include <sys/msg.h>

struct msg {
    long type;
    char text[3000];
};

int main(void)
{
    key_t key = (key_t)(0x45000000 | getpid());
    int id = msgget(key, IPC_CREAT | IPC_EXCL | 0640), at[2];
    struct msg m;
    struct msqid_ds ds;
    pid_t pid;

    CHECK(id >= 0 && pipe(at) == 0 && msgctl(id, IPC_STAT, &ds) == 0);
    ds.msg_qbytes = 12000;
    CHECK(msgctl(id, IPC_SET, &ds) == 0);
    for (int i = 0; i < 4; i++) {
        m.type = i < 3 ? 7 : 5;
        claim_fill(m.text, sizeof m.text, (unsigned)i);
        CHECK(msgsnd(id, &m, i ? sizeof m.text - i : 0, 0) == 0);
    }
    CHECK((pid = fork()) >= 0);
    if (pid == 0) {
        claim_tell(at[1]);
        CHECK_EQ(msgrcv(id, &m, sizeof m.text, 9, 0), 5);
        CHECK(memcmp(m.text, "hello", 5) == 0);
        _exit(0);
    }
    claim_hear(at[0]);
    claim_ready();
    claim_wait();
    BREAK(msgctl(id, IPC_RMID, NULL));
    CHECK_EQ(msgget(key, 0), id);
    CHECK(msgctl(id, IPC_STAT, &ds) == 0);
    CHECK_EQ(ds.msg_perm.mode & 0777, 0640);
    CHECK_EQ(ds.msg_qnum, 4);
    CHECK_EQ(ds.msg_qbytes, 12000);
    CHECK_EQ(msgrcv(id, &m, sizeof m.text, 5, IPC_NOWAIT), 2997);
    CHECK(m.type == 5 && claim_same(m.text, 2997, 3));
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(msgrcv(id, &m, sizeof m.text, 0, IPC_NOWAIT),
                 i ? 3000 - i : 0);
        CHECK(m.type == 7 && claim_same(m.text, i ? 3000 - i : 0, i));
    }
    m.type = 9;
    memcpy(m.text, "hello", 5);
    CHECK(msgsnd(id, &m, 5, 0) == 0);
    claim_reap(pid);
    CHECK(msgctl(id, IPC_RMID, NULL) == 0);
    claim_pass();
}
