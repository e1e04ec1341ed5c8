# slurm.mk - the SPANK plugin, the coordinator's Slurm module, their tests.
#
# Both are shared objects of hosted code, so what they use of lib/ is built
# once more as position-independent objects in $(BUILD)/p/. Nothing of that
# is visible from outside: version scripts.

PLUGIN_LIB := $(wildcard lib/base/*.c) $(BARE_SRC)
PLUGIN_OBJ := $(PLUGIN_LIB:%.c=$(BUILD)/p/%.o) $(SPANK_SRC:%.c=$(BUILD)/p/%.o)
SLURMMOD_OBJ := $(SLURM_SRC:%.c=$(BUILD)/p/%.o)
P_CFLAGS   := $(H_CFLAGS) -fPIC -fvisibility=hidden -ffunction-sections \
              -fdata-sections

$(BUILD)/p/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(P_CFLAGS) -c -o $@ $<

ifneq ($(HAVE_SLURM),)
# Undefined symbols are Slurm's, which loads it.
$(SPANK): $(PLUGIN_OBJ) spank/spank_ckpt.map
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,relro -Wl,-Bsymbolic -Wl,-z,noexecstack \
	  -Wl,--gc-sections -Wl,--version-script=spank/spank_ckpt.map \
	  -o $@ $(PLUGIN_OBJ) -l:liblz4.a -l:libsodium.a
$(SLURMMOD): $(SLURMMOD_OBJ) coordinator/slurm/module.map
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack \
	  -Wl,--version-script=coordinator/slurm/module.map \
	  -o $@ $(SLURMMOD_OBJ) -lslurm
endif

-include $(PLUGIN_OBJ:.o=.d) $(SLURMMOD_OBJ:.o=.d)

# bats cannot give one file two sets of claims: the preemption tests run once
# for each kind of process tracking.
BATS       ?= bats
SLURM_TESTS := options untouched faults preempt limit scripts steps killed notice
# whole jobs that are requeued, most of them: a quarter of an hour
SLURM_LONG  := ends input het alone export

CHECKS      += check-slurm
CHECK_NEEDS += $(BUILD)/t/slurm/holdup
LONG_CHECKS += check-slurm-long
.PHONY: check-slurm check-slurm-long demo
check-slurm: all $(BUILD)/t/slurm/holdup
	@BUILD=$(abspath $(BUILD)) $(BATS) $(SLURM_TESTS:%=tests/slurm/%.bats)
	@BUILD=$(abspath $(BUILD)) PROCTRACK=cgroup $(BATS) \
	  -f 'goes? on|go on by rank' tests/slurm/preempt.bats

check-slurm-long: all
	@BUILD=$(abspath $(BUILD)) $(BATS) $(SLURM_LONG:%=tests/slurm/%.bats) \
	  tests/slurm/long

# Installs what is missing first, so that it works on a bare machine.
demo:
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all
	@tests/demo/demo.sh $(abspath $(T))
