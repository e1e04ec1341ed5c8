/* m_file.c - files: one that is written to and read at changing places, one
 * that is appended to, and one that is opened for each line. Length, place
 * and contents are what this process remembers. */
#include "torture.h"

#include <sys/stat.h>

#define LINE 32

static void line_of(char *s, unsigned n, unsigned seed)
{
    char text[LINE + 1];

    snprintf(text, sizeof text, "%010u %010u %8s\n", n, seed, "line");
    memcpy(s, text, LINE);
}

static void last_line(struct inst *t, int fd, unsigned n)
{
    char want[LINE], got[LINE];
    struct stat st;

    line_of(want, n, t->seed);
    NEED(t, fstat(fd, &st) == 0);
    SAME(t, st.st_size, (long)(n + 1) * LINE);
    SAME(t, pread(fd, got, LINE, (off_t)n * LINE), LINE);
    NEED(t, memcmp(want, got, LINE) == 0);
}

/* Nobody has it open at a checkpoint, or only for a moment. */
static void say_line(struct inst *t, unsigned n)
{
    char s[LINE];
    int fd = open(own_path(t, "lines"), O_CREAT | O_RDWR | O_APPEND, 0644);

    NEED(t, fd >= 0);
    line_of(s, n, t->seed);
    put(t, fd, s, LINE);
    last_line(t, fd, n);
    NEED(t, close(fd) == 0);
}

static void run(struct inst *t, int part)
{
    struct rng r = rng_of(t, part);
    int log = open(own_path(t, "log"), O_CREAT | O_RDWR | O_APPEND, 0644);
    int fd = open(own_path(t, "data"), O_CREAT | O_RDWR, 0644);
    char s[LINE];
    off_t at;

    NEED(t, log >= 0 && fd >= 0);
    for (unsigned n = 0;; n++) {
        line_of(s, n, t->seed);
        put(t, log, s, LINE);
        if (damage(t, part))
            NEED(t, ftruncate(log, 5) == 0);
        last_line(t, log, n);
        say_line(t, n);
        /* the place in the file is kept, and what was written there */
        at = (off_t)rnd(&r, 1000) * LINE;
        SAME(t, lseek(fd, at, SEEK_SET), at);
        nap(t, &r);
        put(t, fd, s, LINE);
        SAME(t, lseek(fd, 0, SEEK_CUR), at + LINE);
        beat(t, part);
        nap(t, &r);
    }
}

const struct module module_file = {.name = "file", .parts = 1, .run = run};
