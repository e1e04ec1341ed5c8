#!/usr/bin/env bats
# summary.bats - `make check` adds up its suites and hides no failure.

setup() {
    cat >"$BATS_TEST_TMPDIR/Makefile" <<'M'
good:
	@echo "3 passed, 0 failed, 1 skipped"
bad:
	@echo "1 passed, 2 failed"; exit 1
tap:
	@printf '1..3\nok 1 a\nok 2 b # skip no\nnot ok 3 c\n# for this reason\n'; exit 1
mute:
	@true
ping:
	@echo over >there; cat back; echo "1 passed, 0 failed"
pong:
	@cat there; echo over >back; echo "2 passed, 0 failed"
gone:
	@kill -9 $$(awk '/^PPid/ { print $$2 }' /proc/$$PPID/status)
silent:
	@echo "1 passed, 0 failed"; exec sleep 1000
open:
	@sleep 1000 & echo $$! >left; echo "1 passed, 0 failed"
crash:
	@echo "5 passed, 0 failed"; exit 2
M
    cd "$BATS_TEST_TMPDIR" || return 1
}

summary() { # TARGET... -> last line
    MAKE=make MAKEFLAGS='' run bash "$BATS_TEST_DIRNAME/../../mk/check.sh" logs "$@"
    last=${lines[-1]}
}

@test "the summary is the last line and adds up" {
    summary good mute
    [ "$status" -eq 0 ]
    [ "$last" = "4 passed, 0 failed, 1 skipped" ]
}

@test "suites after a failed one still run" {
    summary bad good
    [ "$status" -eq 1 ]
    [ "$last" = "4 passed, 2 failed, 1 skipped" ]
}

@test "TAP is counted" {
    summary tap
    [ "$status" -eq 1 ]
    [ "$last" = "1 passed, 1 failed, 1 skipped" ]
}

@test "a suite that ends with an error and no failure is a failure" {
    summary crash
    [ "$status" -eq 1 ]
    [ "$last" = "5 passed, 1 failed" ]
}

@test "a suite that is missing is a failure" {
    summary nosuch
    [ "$status" -eq 1 ]
    [ "$last" = "0 passed, 1 failed" ]
}

@test "the summary names the suites that failed" {
    summary good bad tap
    [[ $output == *"failed: bad tap "* ]]
}

@test "the tests that failed are named again at the end, and why" {
    summary tap good
    [[ $output == *"== failed in tap"*"not ok 3 c"*"# for this reason"* ]]
}

@test "two lanes run two suites at the same time, and tell whose a line is" {
    mkfifo there back
    LANES=2 summary ping pong good
    [ "$status" -eq 0 ]
    [ "$last" = "6 passed, 0 failed, 1 skipped" ]
    [[ $output == *"pong: 2 passed, 0 failed"* ]]
}

@test "a suite that could not report is a failure" {
    summary gone good
    [ "$status" -eq 1 ]
    [ "$last" = "3 passed, 1 failed, 1 skipped" ]
}

@test "a suite that hangs is ended and shown, and is a failure" {
    SILENCE=2 summary silent good
    [ "$status" -eq 1 ]
    [ "$last" = "4 passed, 1 failed, 1 skipped" ]
    [[ $output == *"silent for 2 s"*"sleep 1000"* ]]
}

@test "what a suite has left running keeps nobody waiting" {
    SILENCE=5 summary open
    kill "$(cat left)"
    [ "$status" -eq 0 ]
}
