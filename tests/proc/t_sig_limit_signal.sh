# Claim: where nobody may trace, and no more signals may wait for the user, a
# checkpoint is refused, as its threads can't be stopped.
export CKPT_STOP=signal
launch "$ROOM/p_attr_sig_limit"
wait_for_file ready
refused 'ulimit -i'
ping_program
finish 0
