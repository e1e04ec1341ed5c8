#!/bin/sh
# deps.sh PACKAGE... - installs those of the packages that are missing.
#
# Services that come with them (slurmctld, munged) are kept from starting:
# a policy file refuses it while apt runs, unless the machine has its own.
set -eu

missing=
for p in "$@"; do
    s=$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null) || s=none
    [ "$s" = installed ] || missing="$missing $p"
done
if [ -z "$missing" ]; then
    echo "deps: all $# packages are installed"
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "deps: missing:$missing; install them with this system's tools" >&2
    exit 1
fi

sudo=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "deps: missing:$missing; run 'make deps' as root" >&2
        exit 1
    fi
    sudo=sudo
fi

policy=/usr/sbin/policy-rc.d
made=
cleanup() { [ -z "$made" ] || $sudo rm -f "$policy"; }
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
if [ ! -e "$policy" ]; then
    made=1
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod 755 "$policy"
fi

echo "deps: installing$missing"
$sudo apt-get update -q
# The list is words, not one argument.
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $missing
