# A test hangs up nobody: the kernel sends SIGHUP to a process group with
# somebody stopped in it that has just lost its last tie to others of the
# session. In a session that nobody is left of (CI) the tie has to be run-one.
"$ROOM/h_orphaned" || fail "the process group of this test was hung up"
