/* Claim: what a program looks up in libc by a handle of it gives the numbers
 * that it knows, before and after a restart, and gives back the locks that it
 * holds. An old version of a function, one of a second libc, one that is not
 * there, and the error text are what they are. */
#include "claim.h"

#include <dlfcn.h>
#include <pthread.h>

#define FIND(name) ((__typeof__(&name))find(#name))
#define OLD "GLIBC_2.2.5"

static void *libc;

static void *find(const char *name)
{
    void *p = dlsym(libc, name);

    CHECK(p && !dlerror());
    return p;
}

static pthread_mutex_t held;
static pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER;

int main(void)
{
    pthread_mutexattr_t a;
    void *second, *old;
    pid_t me, child;
    int status;

    libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    CHECK(libc != NULL);
    CHECK(!dlsym(libc, "no_such_function") && strstr(dlerror(), "no_such"));
    CHECK(!dlvsym(libc, "getpid", "NO_SUCH") && strstr(dlerror(), "NO_SUCH"));
    second = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
    CHECK(second && dlsym(second, "getpid") != dlsym(libc, "getpid"));
    old = dlvsym(libc, "pthread_cond_wait", OLD);
    CHECK(old && old != dlsym(libc, "pthread_cond_wait"));
    CHECK(dlsym(RTLD_NEXT, "getpid") == dlsym(RTLD_DEFAULT, "getpid"));
    CHECK(dlsym(libc, "free") == dlsym(RTLD_NEXT, "free"));
    CHECK(FIND(getpid) == getpid);

    CHECK(pthread_mutexattr_init(&a) == 0);
    CHECK(pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK) == 0);
    CHECK(pthread_mutex_init(&held, &a) == 0);
    CHECK(FIND(pthread_mutex_lock)(&held) == 0);
    CHECK(FIND(pthread_rwlock_wrlock)(&written) == 0);
    me = getpid();
    child = FIND(fork)();
    CHECK(child >= 0);
    if (child == 0)
        for (;;)
            pause();
    claim_ready();
    claim_wait();
    BREAK(me++);
    CHECK_EQ(FIND(getpid)(), me);
    CHECK_EQ(((__typeof__(&getpid))dlvsym(libc, "getpid", OLD))(), me);
    CHECK_EQ(FIND(gettid)(), me);
    CHECK_EQ(FIND(pthread_rwlock_wrlock)(&written), EDEADLK);
    CHECK_EQ(FIND(pthread_rwlock_unlock)(&written), 0);
    CHECK_EQ(FIND(pthread_mutex_unlock)(&held), 0);
    CHECK_EQ(FIND(kill)(child, SIGKILL), 0);
    CHECK_EQ(FIND(waitpid)(child, &status, 0), child);
    CHECK(WIFSIGNALED(status));
    claim_pass();
}
