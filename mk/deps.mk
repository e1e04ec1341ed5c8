# deps.mk - what a bare Debian 12 needs to build and to test.
#
# `make deps` installs what is missing, with sudo when not root; when nothing
# is missing it says so and touches neither network nor package database.
# Nothing here enables a service: the tests start daemons of their own.
# `make deps-apps` adds the languages and programs (some 1 GB) whose tests
# are skipped where they are missing.

DEPS_BUILD := gcc libc6-dev make binutils pkg-config liblz4-dev \
              libxxhash-dev libsodium-dev libhwloc-dev libslurm-dev
DEPS_TEST  := bats jq python3 python3-numpy shellcheck mandoc clang \
              clang-tidy libclang-rt-14-dev libcmocka-dev gdb tcl \
              lua5.3 lua-posix lmod musl-tools vim tmux
DEPS_SLURM := slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge
DEPS_SYS   := procps psmisc util-linux iproute2
DEPS       := $(DEPS_BUILD) $(DEPS_TEST) $(DEPS_SLURM) $(DEPS_SYS)

DEPS_APPS  := r-base-core octave openjdk-17-jdk-headless nodejs postgresql \
              gromacs lammps git valgrind mpich libmpich-dev

.PHONY: deps deps-apps
deps:
	@sh mk/deps.sh $(DEPS)
deps-apps:
	@sh mk/deps.sh $(DEPS_APPS)
