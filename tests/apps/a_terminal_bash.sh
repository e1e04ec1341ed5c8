# Claim: an interactive bash, with its line editor, jobs and control
# characters, goes on at another terminal, and the old one is as it was.
. "$ROOM/apps.sh"
at_terminal bash
