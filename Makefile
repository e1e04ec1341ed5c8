# Makefile - builds, tests and installs ckpt. `make help` lists the targets.
#
# Rooms list their sources by wildcard: a new file needs no line here.
# Three flavours of objects:
#   hosted        bin/ckpt, tests            build/h/
#   runtime       libckpt.so                 build/r/   (PIC, hidden)
#   freestanding  libckpt-restore.so         build/f/   (PIC, no libc)

VERSION    := 0.1.0
prefix     ?= /usr/local
DESTDIR    ?=
CC         ?= gcc
BUILD      ?= build
OPT        ?= -O2 -g
WARN       := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
              -Wmissing-prototypes -Wpointer-arith -Wvla
COMMON     := -std=gnu11 $(OPT) $(WARN) -I. -Iinclude -D_GNU_SOURCE \
              -DCKPT_VERSION='"$(VERSION)"' -MMD -MP
H_CFLAGS   := $(COMMON) -fstack-protector-strong $(SAN)
R_CFLAGS   := $(COMMON) -fPIC -fvisibility=hidden -fno-stack-protector \
              -fno-omit-frame-pointer -DCKPT_RUNTIME -U_FORTIFY_SOURCE \
              -ftls-model=initial-exec -mno-avx
F_CFLAGS   := $(COMMON) -fPIC -fvisibility=hidden -fno-stack-protector \
              -ffreestanding -fno-builtin -DCKPT_FREESTANDING \
              -U_FORTIFY_SOURCE -mno-avx -fno-tree-loop-distribute-patterns

# what each artifact is made of
BARE_SRC   := $(wildcard lib/wire/*.c lib/proto/*.c lib/image/*.c lib/sys/*.c)
HOST_SRC   := $(BARE_SRC) $(wildcard lib/base/*.c lib/place/*.c \
              lib/res/*.c lib/tree/*.c)
CKPT_SRC   := $(HOST_SRC) $(wildcard coordinator/*.c cli/*.c restart/*.c)
RT_SRC     := $(BARE_SRC) $(wildcard runtime/*.c runtime/*/*.c \
              lib/arch/x86_64/*.c lib/nolibc/*.c)
RT_ASM     := $(wildcard runtime/*.S runtime/*/*.S lib/arch/x86_64/*.S)
BLOB_SRC   := $(BARE_SRC) $(wildcard restart/blob/*.c lib/nolibc/*.c)
BLOB_ASM   := $(wildcard restart/blob/*.S)
SPANK_SRC  := $(wildcard spank/*.c)
SLURM_SRC  := $(wildcard coordinator/slurm/*.c)
PLACE_SRC  := $(wildcard lib/place/hwloc/*.c)

CKPT_OBJ   := $(CKPT_SRC:%.c=$(BUILD)/h/%.o)
RT_OBJ     := $(RT_SRC:%.c=$(BUILD)/r/%.o) $(RT_ASM:%.S=$(BUILD)/r/%.o)
BLOB_OBJ   := $(BLOB_SRC:%.c=$(BUILD)/f/%.o) $(BLOB_ASM:%.S=$(BUILD)/f/%.o)

# The build tree has the layout of the installed one, so that what is built
# runs from there.
T          := $(BUILD)/tree
BIN        := $(T)/bin/ckpt
RUNTIME    := $(T)/lib/ckpt/libckpt.so
RESTORE    := $(T)/lib/ckpt/libckpt-restore.so
PLACE      := $(T)/lib/ckpt/ckpt-place.so
HAVE_SLURM := $(wildcard /usr/include/slurm/spank.h)
SPANK      := $(if $(HAVE_SLURM),$(T)/lib/slurm/spank_ckpt.so)
SLURMMOD   := $(if $(HAVE_SLURM),$(T)/lib/ckpt/ckpt-slurm.so)

.PHONY: all
all: $(BIN) $(RUNTIME) $(RESTORE) $(PLACE) $(SPANK) $(SLURMMOD) tree-extras

$(BUILD)/h/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(H_CFLAGS) -c -o $@ $<
# A loop that copies must not become a call of what it is part of.
$(BUILD)/r/lib/nolibc/%.o: R_CFLAGS += -fno-builtin \
  -fno-tree-loop-distribute-patterns
# It runs where a program expects a system call.
$(BUILD)/r/runtime/partial.o: R_CFLAGS += -mgeneral-regs-only
$(BUILD)/r/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(R_CFLAGS) -c -o $@ $<
$(BUILD)/r/%.o: %.S
	@mkdir -p $(@D)
	$(CC) $(R_CFLAGS) -c -o $@ $<
$(BUILD)/f/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(F_CFLAGS) -c -o $@ $<
$(BUILD)/f/%.o: %.S
	@mkdir -p $(@D)
	$(CC) $(F_CFLAGS) -c -o $@ $<

$(BIN): $(CKPT_OBJ)
	@mkdir -p $(@D)
	$(CC) $(OPT) $(SAN) -o $@ $(CKPT_OBJ) -llz4 -l:libsodium.a -ldl -lpthread

# Nothing visible is linked: the archives are static and the version script
# hides everything but the interposed functions.
$(RUNTIME): $(RT_OBJ) $(BUILD)/libckpt.map
	@mkdir -p $(@D)
	$(CC) -shared -Wl,-z,now -Wl,-z,relro -Wl,-Bsymbolic -Wl,-z,noexecstack \
	  -Wl,--version-script=$(BUILD)/libckpt.map -Wl,--gc-sections \
	  -Wl,-soname,libckpt.so -o $@ $(RT_OBJ) -l:liblz4.a -l:libsodium.a

$(PLACE): $(PLACE_SRC) lib/place/hwloc/module.map
	@mkdir -p $(@D)
	$(CC) $(H_CFLAGS) -fPIC -fvisibility=hidden -shared -Wl,-z,now \
	  -Wl,-z,relro -Wl,-z,noexecstack -MF $(BUILD)/place.d \
	  -Wl,--version-script=lib/place/hwloc/module.map -o $@ $(PLACE_SRC) \
	  -lhwloc
-include $(BUILD)/place.d

# Freestanding and without relocations: it is copied and runs anywhere.
$(RESTORE): $(BLOB_OBJ) restart/blob/restore.map
	@mkdir -p $(@D)
	$(CC) -shared -nostdlib -Wl,-z,now -Wl,-z,norelro -Wl,-Bsymbolic \
	  -Wl,-z,noexecstack -Wl,--version-script=restart/blob/restore.map \
	  -Wl,--gc-sections -o $@.tmp $(BLOB_OBJ) -l:liblz4.a -l:libsodium.a -lgcc
	@if readelf -rW $@.tmp | grep R_X86_64; then \
	  echo "$@: has relocations, cannot be moved"; exit 1; fi
	@mv $@.tmp $@

include $(wildcard mk/*.mk)

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(CKPT_OBJ:.o=.d) $(RT_OBJ:.o=.d) $(BLOB_OBJ:.o=.d)
