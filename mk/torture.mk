# torture.mk - `make torture SECONDS=3600`: a program that holds state of
# every kind and checks it all the time, saved, killed and restarted at
# random. SEED=n begins with that seed; TIMES=n runs it so often and no other;
# ONLY=a,b takes only these modules, WITHOUT=a,b not these; STORM=n is how long one seed runs.
#
# make check has each module against its own damage and 60 seconds of it,
# check-long two hours.

SECONDS ?= 60

TORTURE_SRC := $(filter-out tests/torture/strike.c,$(wildcard tests/torture/*.c))
TORTURE_BIN := $(BUILD)/t/torture/torture
TORTURE     := $(TORTURE_BIN) $(BUILD)/t/torture/strike
TORTURE_ENV  = BUILD=$(BUILD) SEED=$(SEED) TIMES=$(TIMES) ONLY=$(ONLY) WITHOUT=$(WITHOUT) \
               $(if $(STORM),STORM=$(STORM))

$(TORTURE_BIN): $(TORTURE_SRC) $(wildcard tests/torture/*.h) \
                tests/torture/modules.def tests/proc/hold.h $(BUILD)/t/hold.o
	@mkdir -p $(@D)
	$(CC) $(T_CFLAGS) $(T_LDFLAGS) -Itests/torture -o $@ $(TORTURE_SRC) \
	  $(BUILD)/t/hold.o

CHECK_NEEDS += $(TORTURE)
CHECKS      += check-torture
LONG_CHECKS += check-torture-long

.PHONY: torture check-torture check-torture-long
torture: all $(TORTURE)
	@$(TORTURE_ENV) SECONDS_=$(SECONDS) tests/torture/run storm
check-torture: all $(TORTURE)
	@$(TORTURE_ENV) SECONDS_=60 tests/torture/run
check-torture-long: all $(TORTURE)
	@$(TORTURE_ENV) SECONDS_=7200 STORM=60 tests/torture/run storm
