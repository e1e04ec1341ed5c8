# install.mk - the tree beside the binaries, and where it goes.
#
# $(T) has the layout of the installed tree, so everything is listed once,
# as SOURCE|PLACE|MODE, for the build tree, install and uninstall. Nothing
# contains the prefix: each part finds the others from its own place, so an
# installed tree may be moved or copied as a whole.

EXTRAS := \
  $(foreach f,$(wildcard wrappers/*),$(f)|bin/$(notdir $(f))|755) \
  $(foreach f,$(wildcard include/ckpt/*.h),$(f)|$(f)|644) \
  $(foreach n,1 5 7 8,$(foreach f,$(wildcard docs/man/*.$(n)),\
    $(f)|share/man/man$(n)/$(notdir $(f))|644)) \
  $(foreach f,$(wildcard slurm-scripts/*),\
    $(f)|share/ckpt/slurm-scripts/$(notdir $(f))|644) \
  $(foreach f,$(wildcard docs/*.md README.md LICENSE),\
    $(f)|share/doc/ckpt/$(notdir $(f))|644) \
  $(foreach f,$(wildcard modulefiles/ckpt.lua),\
    $(f)|share/modulefiles/ckpt/$(VERSION).lua|644) \
  $(foreach f,$(wildcard modulefiles/ckpt.tcl),\
    $(f)|share/modulefiles-tcl/ckpt/$(VERSION)|644) \
  $(foreach f,$(wildcard completion/ckpt.bash),\
    $(f)|share/bash-completion/completions/ckpt|644)

part = $(word $(1),$(subst |, ,$(2)))

define extra_rule
$(T)/$(call part,2,$(1)): $(call part,1,$(1))
	@install -D -m $(call part,3,$(1)) $$< $$@
EXTRA_FILES += $(T)/$(call part,2,$(1))
endef
EXTRA_FILES :=
$(foreach e,$(EXTRAS),$(eval $(call extra_rule,$(e))))

.PHONY: tree-extras
tree-extras: $(EXTRA_FILES)

# Relative to the prefix: what install puts and uninstall removes.
PLACES = $(patsubst $(T)/%,%,$(BIN) $(RUNTIME) $(RESTORE) $(PLACE) $(SPANK) \
           $(SLURMMOD) $(EXTRA_FILES))
# Directories that are ours alone, deepest first, removed when empty.
OWN_DIRS := share/ckpt/slurm-scripts share/ckpt share/doc/ckpt \
            share/modulefiles/ckpt share/modulefiles-tcl/ckpt \
            share/modulefiles-tcl include/ckpt lib/ckpt

.PHONY: install uninstall dist
install: all
	@set -e; for f in $(PLACES); do \
	  mode=644; [ ! -x "$(T)/$$f" ] || mode=755; \
	  install -D -m $$mode "$(T)/$$f" "$(DESTDIR)$(prefix)/$$f"; \
	done
	@echo "installed in $(DESTDIR)$(prefix)"
	@$(if $(SPANK),echo "for Slurm put this line into plugstack.conf:"; \
	  echo "  required $(prefix)/lib/slurm/spank_ckpt.so")

uninstall:
	@cd "$(DESTDIR)$(prefix)" && rm -f $(PLACES) && \
	  for d in $(OWN_DIRS); do rmdir "$$d" 2>/dev/null || true; done

# A source tarball of what is committed.
dist:
	@mkdir -p $(BUILD)
	git archive --prefix=ckpt-$(VERSION)/ HEAD \
	  | gzip -9n >$(BUILD)/ckpt-$(VERSION).tar.gz
	@echo $(BUILD)/ckpt-$(VERSION).tar.gz
