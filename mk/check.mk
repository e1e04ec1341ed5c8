# check.mk - `make check`: every suite, LANES of them at a time, one summary.
#
# Most suites wait more than they compute, so two side by side take little
# more than half the time on two processors. What several suites are built
# from is built first (CHECK_NEEDS): two makes must not build one file.
#
# A room adds its suite in its own mk file with `CHECKS += check-<suite>`,
# or LONG_CHECKS for what only check-long runs. A suite is a make target that
# fails when a test fails, and that ends with a line `N passed, N failed`
# (`, N skipped` may follow), or prints TAP as bats does. CHECK_ORDER only
# says who goes first: cheap ones that find much; a suite that it does not
# name runs before the slow last ones.

CHECK_ORDER := check-lint check-proc check-make check-unit check-san \
               check-fuzz check-module check-completion check-install \
               check-cli check-fault check-apps
CHECK_LAST  := check-slurm

CHECKS_SORTED = $(filter $(CHECKS),$(CHECK_ORDER)) \
    $(filter-out $(CHECK_ORDER) $(CHECK_LAST),$(CHECKS)) \
    $(filter $(CHECKS),$(CHECK_LAST))

LANES ?= 2

.PHONY: check check-long check-needs
check-needs:
	@$(MAKE) --no-print-directory -j2 all $(CHECK_NEEDS)

check: check-needs
	@MAKE="$(MAKE)" LANES=$(LANES) bash mk/check.sh $(BUILD)/check $(CHECKS_SORTED)

check-long: check-needs
	@MAKE="$(MAKE)" LANES=$(LANES) bash mk/check.sh $(BUILD)/check-long \
	  $(CHECKS_SORTED) $(LONG_CHECKS)
