# Claim: a transfer that a SIGTERM has cut short, which was kept back, is
# completed, though it is saved before, and restarted twice.
as_slurms_root
launch "$ROOM/h_term_saved"
wait_for_file ready
checkpoint
ping_program
twice_more
finish 0
