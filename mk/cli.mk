# cli.mk - tests of the commands as a user types them.

CHECKS += check-cli

.PHONY: check-cli
check-cli: all
	@BUILD=$(abspath $(BUILD)) bats --tap tests/cli
