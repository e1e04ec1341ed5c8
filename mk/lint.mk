# lint.mk - `make lint`: house rules, scripts, man pages, clang-tidy.
#
# Rules are in mk/lint.py, one function each. clang-tidy runs only on files
# that changed since it last passed them (a stamp per file), two at a time.

TIDY      ?= clang-tidy
TIDY_SRC  := $(filter-out tests/%,$(CKPT_SRC)) $(SPANK_SRC) $(SLURM_SRC)
TIDY_RT   := $(filter runtime/%,$(RT_SRC))
TIDY_BLOB := $(filter restart/blob/%,$(BLOB_SRC))
TIDY_OK   := $(TIDY_SRC:%=$(BUILD)/tidy/h/%.ok) \
             $(TIDY_RT:%=$(BUILD)/tidy/r/%.ok) \
             $(TIDY_BLOB:%=$(BUILD)/tidy/f/%.ok)
TIDY_DEF  := -std=gnu11 -I. -Iinclude -D_GNU_SOURCE \
             -DCKPT_VERSION='"$(VERSION)"'

CHECKS += check-lint

.PHONY: lint check-lint lint-rules lint-scripts lint-man lint-tidy
lint:
	@MAKE="$(MAKE)" sh mk/check.sh $(BUILD)/lint \
	  lint-rules lint-scripts lint-man lint-tidy

check-lint: lint

lint-rules:
	@python3 mk/lint.py $(BIN)

# Scripts are found by their first line or their name.
lint-scripts:
	@shellcheck -x -S warning $$(git ls-files -co --exclude-standard \
	    '*.sh' '*.bash' .ci/run wrappers slurm-scripts tests mk completion \
	  | sort -u | while read -r f; do \
	      [ -f "$$f" ] || continue; \
	      case "$$f" in *.sh|*.bash|*.bats) echo "$$f";; \
	      *) head -n1 "$$f" | grep -aqE '^#!.*[/ ](ba)?sh( |$$)' \
	           && echo "$$f";; esac; done)

lint-man:
	@set -e; for f in $(wildcard docs/man/*.[0-9]); do \
	  mandoc -Tlint -W warning $$f; done

.PHONY: tidy-files
lint-tidy:
	@$(MAKE) --no-print-directory -k -j2 tidy-files
tidy-files: $(TIDY_OK)

$(BUILD)/tidy/h/%.ok: % .clang-tidy
	@mkdir -p $(@D)
	@$(TIDY) --quiet $< -- $(TIDY_DEF) 2>$@.err || { cat $@.err; exit 1; }
	@touch $@
$(BUILD)/tidy/r/%.ok: % .clang-tidy
	@mkdir -p $(@D)
	@$(TIDY) --quiet $< -- $(TIDY_DEF) -DCKPT_RUNTIME -fPIC 2>$@.err \
	  || { cat $@.err; exit 1; }
	@touch $@
$(BUILD)/tidy/f/%.ok: % .clang-tidy
	@mkdir -p $(@D)
	@$(TIDY) --quiet $< -- $(TIDY_DEF) -DCKPT_FREESTANDING -ffreestanding \
	  -fPIC 2>$@.err || { cat $@.err; exit 1; }
	@touch $@
