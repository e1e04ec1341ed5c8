# tests.mk - the checkpoint/restart tests: programs, runners, benchmarks.
#
# TESTS=pattern picks programs, MODES=... how they are run.

PROC_SRC   := $(wildcard tests/proc/[phr]_*.c)
PROC_BIN   := $(PROC_SRC:tests/proc/%.c=$(BUILD)/t/proc/%)
FAULT_BIN  := $(patsubst tests/fault/%.c,$(BUILD)/t/fault/%,\
              $(wildcard tests/fault/*.c))
BENCH_BIN  := $(patsubst tests/bench/%.c,$(BUILD)/t/bench/%,\
              $(wildcard tests/bench/*.c))
# LIBC=prefix: the programs run with the glibc that is installed there (the
# directory of its loader is searched before the system's).
LIBC       ?=
SYS_LIB    := $(dir $(shell $(CC) -print-file-name=libc.so.6))
T_LDFLAGS  := $(if $(LIBC),\
              -Xlinker -dynamic-linker=$(LIBC)/lib/ld-linux-x86-64.so.2 \
              -Xlinker -rpath=$(LIBC)/lib:$(SYS_LIB))
T_CFLAGS   := -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE -pthread -Itests/proc
TESTS      ?=
MODES      ?=
JOBS       ?= 4

CLAIM_OBJ  := $(BUILD)/t/claim.o $(BUILD)/t/hold.o $(BUILD)/t/waits.o
$(CLAIM_OBJ): $(BUILD)/t/%.o: tests/proc/%.c $(wildcard tests/proc/*.h)
	@mkdir -p $(@D)
	$(CC) $(T_CFLAGS) -c -o $@ $<
$(BUILD)/t/%: tests/%.c $(wildcard tests/proc/*.h) $(CLAIM_OBJ)
	@mkdir -p $(@D)
	$(CC) $(T_CFLAGS) $(T_LDFLAGS) -o $@ $< $(CLAIM_OBJ) -lm

CHECKS     += check-proc check-fault check-apps
CHECK_NEEDS += test-programs
BENCHES    += bench-run

.PHONY: bench test-programs check-proc check-fault check-apps bench-run
test-programs: $(PROC_BIN) $(FAULT_BIN) $(BENCH_BIN)

# one program, one claim: bare, broken, continued, restarted once and three times
check-proc: all $(PROC_BIN)
	@sh mk/cpu.sh
	BUILD=$(BUILD) JOBS=$(JOBS) MODES="$(MODES)" tests/proc/run $(TESTS)

# something is killed, full or damaged at every state of a checkpoint
check-fault: all $(PROC_BIN) $(FAULT_BIN)
	BUILD=$(BUILD) JOBS=1 tests/fault/run $(TESTS)

# real programs, interrupted twice, give the same results
check-apps: all
	BUILD=$(BUILD) JOBS=$(JOBS) tests/apps/run $(TESTS)

# ratios measured in one go on this machine
# measurements pass or fail nothing; the machine should have nothing else to do
bench: $(BENCHES)

# BASE: a build to compare checkpoints with, see tests/bench/rehearse.sh
bench-run: all $(BENCH_BIN)
	BUILD=$(BUILD) tests/bench/bench.sh
	$(if $(BASE),BUILD=$(BUILD) BASE=$(BASE) tests/bench/rehearse.sh)
