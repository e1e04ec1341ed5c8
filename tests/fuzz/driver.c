/*
 * driver.c - libFuzzer's entry (with -DFUZZ_LIBFUZZER), else a main() that
 * runs files or writes seeds; see fuzz.h.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FUZZ_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_one(data, size);
    return 0;
}

#else

static const char *seed_dir;

static void put(const char *name, const void *p, size_t n)
{
    char path[1024];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", seed_dir, name);
    f = fopen(path, "wb");
    if (!f || fwrite(p, 1, n, f) != n || fclose(f)) {
        perror(path);
        exit(1);
    }
}

static int run(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *buf = malloc(1 << 20), *own;
    size_t n;

    if (!f || !buf) {
        perror(path);
        return 1;
    }
    n = fread(buf, 1, 1 << 20, f);
    fclose(f);
    own = malloc(n ? n : 1); /* its own size: overruns are seen */
    if (!own)
        return 1;
    memcpy(own, buf, n);
    fuzz_one(own, n);
    free(own);
    free(buf);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--seeds")) {
        seed_dir = argv[2];
        fuzz_seeds(put);
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (run(argv[i]))
            return 1;
    }
    printf("%d inputs\n", argc - 1);
    return 0;
}

#endif
