# help.mk - `make help`: the targets that people type.

.PHONY: help
help:
	@echo "make              build everything into $(T)"
	@echo "make deps         install what a bare Debian 12 lacks"
	@echo "make deps-apps    languages and programs that more tests want"
	@echo "make demo         a private Slurm, a job that is preempted twice"
	@echo "make check        every test suite, LANES (2) at a time, one summary"
	@echo "make check-X      one suite: $(sort $(CHECKS:check-%=%))"
	@echo "make torture      SECONDS=60: random programs, killed at random"
	@echo "make check-long   check, and what takes longer"
	@echo "make bench        measurements"
	@echo "make lint         house rules, shellcheck, clang-tidy, man pages"
	@echo "make san          unit tests under ASan and UBSan"
	@echo "make install      prefix=$(prefix) DESTDIR=$(DESTDIR)"
	@echo "make uninstall    take it away again"
	@echo "make dist         source tarball of the present commit"
	@echo "make clean        remove $(BUILD)"
	@echo
	@echo "Variables: CC, OPT, BUILD (now $(BUILD)), SAN."
