# Claim: the hammer, with threads stopped by the signal instead of ptrace.
export CKPT_STOP=signal
HAMMER_LEAST=5
. "$ROOM/t_hammer.sh"
