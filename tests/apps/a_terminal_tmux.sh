# Claim: tmux with a shell in it, its server and client, goes on at another
# terminal of another size.
. "$ROOM/apps.sh"
at_terminal tmux
