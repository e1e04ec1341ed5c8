# lint.mk - `make lint`: house rules, scripts, man pages, clang-tidy.
#
# Rules are in mk/lint.py, one function each. clang-tidy looks at files that
# changed since it last passed them (a stamp per file), two at a time. `make
# lint-deep`, a part of check-long, adds its static analyser, which takes
# seconds per file.

TIDY      ?= clang-tidy
TIDY_SRC  := $(filter-out tests/%,$(CKPT_SRC)) $(SPANK_SRC) $(SLURM_SRC)
TIDY_RT   := $(filter runtime/%,$(RT_SRC))
TIDY_BLOB := $(filter restart/blob/%,$(BLOB_SRC))
TIDY_DEF  := -std=gnu11 -I. -Iinclude -D_GNU_SOURCE \
             -DCKPT_VERSION='"$(VERSION)"'

CHECKS      += check-lint
LONG_CHECKS += lint-deep

.PHONY: lint check-lint lint-rules lint-scripts lint-man lint-tidy lint-deep
lint:
	@MAKE="$(MAKE)" LANES=1 bash mk/check.sh $(BUILD)/lint \
	  lint-rules lint-scripts lint-man lint-tidy

check-lint: lint

lint-rules:
	@python3 mk/lint.py $(BIN)

lint-scripts:
	@sh mk/lint-scripts.sh

lint-man:
	@set -e; for f in $(wildcard docs/man/*.[0-9]); do \
	  mandoc -Tlint -W warning $$f; done

lint-tidy:
	@$(MAKE) --no-print-directory -k -j2 tidy-files
lint-deep:
	@$(MAKE) --no-print-directory -k -j2 deep-files

# tidy_rules GOAL, FLAVOUR, FLAGS OF THE FLAVOUR, SOURCES, FLAGS OF CLANG-TIDY
define tidy_rules
.PHONY: $(1)-files
$(1)-files: $(4:%=$(BUILD)/$(1)/$(2)/%.ok)
$(BUILD)/$(1)/$(2)/%.ok: % .clang-tidy
	@mkdir -p $$(@D)
	@$(TIDY) --quiet $(5) $$< -- $(TIDY_DEF) $(3) 2>$$@.err \
	  || { cat $$@.err; exit 1; }
	@touch $$@
endef
QUICK := --checks='-clang-analyzer-*'
RT_DEF := -DCKPT_RUNTIME -fPIC
BLOB_DEF := -DCKPT_FREESTANDING -ffreestanding -fPIC
$(eval $(call tidy_rules,tidy,h,,$(TIDY_SRC),$(QUICK)))
$(eval $(call tidy_rules,tidy,r,$(RT_DEF),$(TIDY_RT),$(QUICK)))
$(eval $(call tidy_rules,tidy,f,$(BLOB_DEF),$(TIDY_BLOB),$(QUICK)))
$(eval $(call tidy_rules,deep,h,,$(TIDY_SRC)))
$(eval $(call tidy_rules,deep,r,$(RT_DEF),$(TIDY_RT)))
$(eval $(call tidy_rules,deep,f,$(BLOB_DEF),$(TIDY_BLOB)))
