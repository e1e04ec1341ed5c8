# Claim: vim goes on in the middle of typing, at another terminal of another
# size.
. "$ROOM/apps.sh"
at_terminal vim
