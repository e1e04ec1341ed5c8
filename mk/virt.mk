# virt.mk - `make check-virt`: the wrappers alone, in a library whose core is
# tests/virt/init.c; without coordinator and without checkpoint.

VIRT_LIB := $(BUILD)/t/virt/libckpt.so
VIRT_OBJ := $(filter $(BUILD)/r/runtime/interpose/% $(BUILD)/r/runtime/virt/%,\
            $(RT_OBJ)) $(BUILD)/r/runtime/proc.o \
            $(addprefix $(BUILD)/r/lib/sys/,fmt.o process.o program.o) \
            $(addprefix $(BUILD)/r/lib/image/,pidtable.o sysvids.o undo.o sum.o) \
            $(BUILD)/r/tests/virt/init.o

$(VIRT_LIB): $(VIRT_OBJ) $(RUNTIME_MAP)
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,now -Wl,-Bsymbolic -Wl,-z,defs \
	  -Wl,-soname,libckpt.so \
	  -Wl,--version-script=$(RUNTIME_MAP) -o $@ $(VIRT_OBJ)

$(BUILD)/t/virt/%: tests/virt/%.c tests/virt/check.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE -I. -pthread -o $@ $<

VIRT_FOREIGN := $(addprefix $(BUILD)/t/virt/foreign-,next.so call.so \
                handle.so table.so table-call.so)
$(addprefix $(BUILD)/t/virt/foreign-,next.so call.so handle.so): \
  FOREIGN += -DEXPORTED
$(BUILD)/t/virt/foreign-call.so $(BUILD)/t/virt/foreign-table-call.so: \
  FOREIGN += -DBY_SYSCALL
$(BUILD)/t/virt/foreign-handle.so: FOREIGN += -DBY_HANDLE
$(VIRT_FOREIGN): tests/virt/foreign.c runtime/interpose/wrappers.def
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE -I. -fPIC -shared \
	  $(FOREIGN) -Wl,-z,now -o $@ $<

VIRT := $(VIRT_LIB) $(VIRT_FOREIGN) $(addprefix $(BUILD)/t/virt/,numbers deadlines)

CHECKS += check-virt
CHECK_NEEDS += $(VIRT)

.PHONY: check-virt
check-virt: $(VIRT)
	@sh tests/virt/run.sh $(abspath $(BUILD))/t/virt
