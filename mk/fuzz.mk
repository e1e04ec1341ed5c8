# fuzz.mk - `make check-fuzz`: libFuzzer targets under ASan and UBSan, each
# for FUZZ_SECONDS. Without clang the same targets run on their seeds and on
# what a previous run found (tests/fuzz/found/, if somebody put it there).

FUZZ_CC      ?= $(shell command -v clang)
FUZZ_SECONDS ?= 5
FUZZ_NAMES   := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_LIB     := $(wildcard lib/wire/*.c lib/image/*.c) lib/proto/frame.c \
                lib/sys/fmt.c lib/sys/process.c lib/base/manifest.c lib/base/err.c
FUZZ_DIR     := $(BUILD)/fuzz
FUZZ_FLAGS   := -std=gnu11 -O1 -g -I. -Itests/fuzz -D_GNU_SOURCE \
                -Wall -Wextra -Werror -fno-omit-frame-pointer
FUZZ_SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all

CHECKS += check-fuzz

.PHONY: check-fuzz
check-fuzz: $(FUZZ_NAMES:%=$(FUZZ_DIR)/%.run) \
            $(if $(FUZZ_CC),$(FUZZ_NAMES:%=$(FUZZ_DIR)/%.fuzz))
	@sh mk/fuzz.sh $(FUZZ_DIR) $(FUZZ_SECONDS) $(FUZZ_NAMES)

# The plain program: writes seeds, runs inputs.
$(FUZZ_DIR)/%.run: tests/fuzz/fuzz_%.c tests/fuzz/driver.c tests/fuzz/fuzz.h \
                   $(FUZZ_LIB)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_FLAGS) $(FUZZ_SAN) -o $@ $< tests/fuzz/driver.c \
	  $(FUZZ_LIB) -llz4

$(FUZZ_DIR)/%.fuzz: tests/fuzz/fuzz_%.c tests/fuzz/driver.c \
                    tests/fuzz/fuzz.h $(FUZZ_LIB)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_SAN) -fsanitize=fuzzer \
	  -DFUZZ_LIBFUZZER -o $@ $< tests/fuzz/driver.c $(FUZZ_LIB) -llz4
