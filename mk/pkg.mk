# pkg.mk - tests of what surrounds the program: installation, modulefiles,
# completion, and the summary of `make check` itself.

CHECKS += check-module check-completion check-install check-make

# BUILD may be relative on the command line; the tests leave the directory.
PKG_ENV := BUILD=$(abspath $(BUILD))

.PHONY: check-module check-completion check-install check-make
check-module: all
	@$(PKG_ENV) bats --tap tests/module
check-completion: all
	@$(PKG_ENV) bats --tap tests/completion
check-install: all
	@$(PKG_ENV) bats --tap tests/install
check-make:
	@$(PKG_ENV) bats --tap tests/make

# Programs that ask, and people who type.
CHECKS += check-session
SESSION_BIN := $(BUILD)/t/session/asks

$(BUILD)/t/session/%: tests/session/%.c include/ckpt/ckpt.h
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g $(WARN) -Iinclude -pthread -o $@ $<

.PHONY: check-session
check-session: all $(SESSION_BIN)
	@$(PKG_ENV) bats --tap tests/session
