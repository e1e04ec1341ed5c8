# Claim: a shell within `script`, on a pseudo-terminal of the computation's
# own, goes on at another terminal of another size.
. "$ROOM/apps.sh"
at_terminal script
