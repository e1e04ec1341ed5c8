# check.mk - `make check`: every suite, one after the other, one summary.
#
# A room adds its suite in its own mk file with `CHECKS += check-<suite>`,
# or LONG_CHECKS for what only check-long runs. A suite is a make target that
# fails when a test fails, and that ends with a line `N passed, N failed`
# (`, N skipped` may follow), or prints TAP as bats does. CHECK_ORDER only
# says who goes first: cheap ones that find much; a suite that it does not
# name runs before the slow last ones.

CHECK_ORDER := check-lint check-make check-unit check-san check-fuzz \
               check-module check-completion check-install check-cli check-proc \
               check-fault check-apps
CHECK_LAST  := check-slurm

CHECKS_SORTED = $(filter $(CHECKS),$(CHECK_ORDER)) \
    $(filter-out $(CHECK_ORDER) $(CHECK_LAST),$(CHECKS)) \
    $(filter $(CHECKS),$(CHECK_LAST))

# Dependencies first and not in parallel with tests that measure time.
.PHONY: check check-long
check: all
	@MAKE="$(MAKE)" sh mk/check.sh $(BUILD)/check $(CHECKS_SORTED)

check-long: all
	@MAKE="$(MAKE)" sh mk/check.sh $(BUILD)/check-long \
	  $(CHECKS_SORTED) $(LONG_CHECKS)
