# unit.mk - `make check-unit`: every tests/unit/test_*.c is one program,
# linked with all hosted objects but the command line's main. Each runs with
# a time limit and cmocka's TAP output. `make check-unit
# T_UNIT=image` runs one.

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
UNIT_LIB := $(BUILD)/unit/libhosted.a
UNIT_HELP := $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c))
UNIT_OBJ := $(filter-out $(BUILD)/h/cli/main.o,$(CKPT_OBJ)) \
            $(BUILD)/h/lib/arch/x86_64/callnr.o \
            $(BUILD)/h/lib/arch/x86_64/xstate.o \
            $(UNIT_HELP:%.c=$(BUILD)/h/%.o)

CHECKS += check-unit
CHECK_NEEDS += $(UNIT_BIN)

# An archive: a test takes from it what it needs, and may define for itself
# what it wants to see called.
$(UNIT_LIB): $(UNIT_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $(UNIT_OBJ)

$(BUILD)/unit/test_place: $(PLACE)
$(BUILD)/unit/test_place: H_CFLAGS += -DCKPT_PLACE='"$(abspath $(PLACE))"'
$(BUILD)/unit/%: tests/unit/%.c $(UNIT_LIB)
	@mkdir -p $(@D)
	$(CC) $(H_CFLAGS) -MF $@.d -o $@ $< $(UNIT_LIB) -lcmocka -llz4 \
	  -l:libsodium.a -ldl -lpthread

-include $(UNIT_BIN:%=%.d) $(UNIT_HELP:%.c=$(BUILD)/h/%.d)

# the coordinator at scale: a figure, no test
$(BUILD)/t/bench/scale: tests/bench/scale.c $(UNIT_LIB)
	@mkdir -p $(@D)
	$(CC) $(H_CFLAGS) -MF $@.d -o $@ $< $(UNIT_LIB) -llz4 -l:libsodium.a \
	  -ldl -lpthread

BENCHES += bench-scale
.PHONY: bench-scale
bench-scale: all $(BUILD)/t/bench/scale
	BUILD=$(BUILD) tests/bench/scale.sh

.PHONY: check-unit
check-unit: $(UNIT_BIN)
	@sh mk/unit.sh $(if $(T_UNIT),$(BUILD)/unit/test_$(T_UNIT),$(UNIT_BIN))
