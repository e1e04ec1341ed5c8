/* Claim: a library loaded at run time works after a restart, and another one
 * can be loaded then. */
#include "claim.h"
#include <dlfcn.h>

int main(void)
{
    void *m = dlopen("libm.so.6", RTLD_NOW), *r, *sym;
    double (*f)(double);
    volatile double in = 0.25;

    CHECK(m);
    CHECK((sym = dlsym(m, "sqrt")) != NULL);
    memcpy(&f, &sym, sizeof f);
    CHECK(f(in) == 0.5);
    claim_ready();
    claim_wait();
    BREAK(in = 1);
    CHECK(f(in) == 0.5);
    CHECK((sym = dlsym(m, "trunc")) != NULL);
    memcpy(&f, &sym, sizeof f);
    in = 27.75;
    CHECK(f(in) == 27.0);
    r = dlopen("libresolv.so.2", RTLD_NOW);
    CHECK(r && dlsym(r, "ns_name_ntop"));
    CHECK(dlclose(r) == 0);
    CHECK(dlclose(m) == 0);
    claim_pass();
}
