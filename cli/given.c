/* given.c - see given.h. */
#include "cli/given.h"

#include <linux/close_range.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/res/res.h"

void ck_given_tell(const struct ck_given *v, size_t n)
{
    char text[300];

    if (ck_res_given_text(v, n, text, sizeof(text)))
        ck_log("left open by who started this, as descriptor %s: a restart "
               "connects it to what is there then, or it is at its end; "
               "--close-fds closes it", text);
}

void ck_given_close(const struct ck_given *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i].number > 2)
            close(v[i].fd);
    }
}

void ck_given_cloexec(void)
{
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
}
