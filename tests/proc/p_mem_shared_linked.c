/* Claim: what is mapped of a file that has lost its first name, but has
 * another one, stays what others find by that name; and a file that another
 * has taken the place of is not mistaken for it. */
#include "claim.h"
#include <sys/mman.h>
#include <sys/stat.h>

#define SIZE 8192
#define N 7

static struct file {
    const char *first, *now; /* names; first NULL: made without one */
    int keep, ro;            /* the descriptor stays; mapped for reading */
    unsigned char *p;
} file[N] = {
    {"a.first", "a.now", 0, 0, NULL},
    {"b.first", "b.now", 1, 0, NULL},
    {"c.first", "in/c.now", 0, 0, NULL}, /* in a directory beside it */
    {"d.first", "far/away/d.now", 1, 0, NULL},
    {NULL, "e.now", 0, 0, NULL},
    {NULL, "f.now", 1, 0, NULL},
    {"g.first", "g.now", 0, 1, NULL},
};

static void make(struct file *f)
{
    char way[64];
    int fd = f->first
                 ? open(claim_path(f->first), O_CREAT | O_RDWR, 0600)
                 : open(claim_path("."), O_TMPFILE | O_RDWR, 0600);

    if (fd < 0 && !f->first)
        claim_skip("no O_TMPFILE here");
    CHECK(fd >= 0 && ftruncate(fd, SIZE) == 0);
    f->p = mmap(NULL, SIZE, f->ro ? PROT_READ : PROT_READ | PROT_WRITE,
                MAP_SHARED, fd, 0);
    CHECK(f->p != MAP_FAILED);
    snprintf(way, sizeof(way), "/proc/self/fd/%d", fd);
    CHECK(linkat(AT_FDCWD, way, AT_FDCWD, claim_path(f->now),
                 AT_SYMLINK_FOLLOW) == 0);
    CHECK(!f->first || unlink(claim_path(f->first)) == 0);
    CHECK(f->keep || close(fd) == 0);
}

/* What is written on one way is read on the other. */
static void same(const struct file *f, int at)
{
    int fd = open(claim_path(f->now), O_RDWR);
    unsigned char c = 0;

    CHECK(fd >= 0);
    if (!f->ro) {
        f->p[at] = (unsigned char)(at + 1);
        CHECK(pread(fd, &c, 1, at) == 1);
        if (c != f->p[at])
            claim_fail(__FILE__, __LINE__, "%s is cut off", f->now);
    }
    CHECK(pwrite(fd, "w", 1, at + 1) == 1);
    if (f->p[at + 1] != 'w')
        claim_fail(__FILE__, __LINE__, "%s does not reach the memory",
                   f->now);
    close(fd);
}

int main(void)
{
    int old = open(claim_path("place"), O_CREAT | O_RDWR, 0600), fresh;
    unsigned char *p, c = 0;

    CHECK(mkdir(claim_path("in"), 0700) == 0 || errno == EEXIST);
    CHECK(mkdir(claim_path("far"), 0700) == 0 || errno == EEXIST);
    CHECK(mkdir(claim_path("far/away"), 0700) == 0 || errno == EEXIST);
    for (int i = 0; i < N; i++)
        make(&file[i]);
    CHECK(old >= 0 && ftruncate(old, SIZE) == 0);
    p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, old, 0);
    CHECK(p != MAP_FAILED && close(old) == 0);
    p[7] = 'o';
    fresh = open(claim_path("fresh"), O_CREAT | O_RDWR, 0600);
    CHECK(fresh >= 0 && pwrite(fresh, "n", 1, 7) == 1);
    CHECK(rename(claim_path("fresh"), claim_path("place")) == 0);
    claim_ready();
    for (int i = 0; i < N; i++)
        same(&file[i], 10);
    claim_wait();
    BREAK(CHECK(rename(claim_path("place"), claim_path("a.now")) == 0));
    for (int i = 0; i < N; i++)
        same(&file[i], 200);
    CHECK_EQ(p[7], 'o');
    p[7] = 'x';
    CHECK(pread(fresh, &c, 1, 7) == 1 && c == 'n');
    claim_pass();
}
