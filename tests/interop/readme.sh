#!/usr/bin/env bash
# README's "A gateway for real", word for word: the last command of the first and of the second block go on, that of the
# third is the launch. The ports that the README names are free in a network of its own, where that is allowed.
set -euo pipefail
if [ -z "${ALONE:-}" ] && unshare --map-root-user --net true 2>/dev/null; then
    ALONE=1 exec unshare --map-root-user --net "$0"
fi
[ -z "${ALONE:-}" ] || ip link set lo up
. "$(dirname "$0")/lib.sh"
cd "$work"
ln -s "$root/gateway" gateway
# The repository's aliases, without another build.
mkdir bin
cat >bin/cargo <<'SH'
#!/bin/sh
case $1 in
    gateway) shift; exec "$GATEWAY" "$@" ;;
    mocks) shift; exec "$MOCKS" "$@" ;;
esac
SH
chmod +x bin/cargo
export GATEWAY MOCKS PATH="$work/bin:$PATH"

# block N: the commands of the section's n-th block, one a line.
block() {
    awk -v wanted="$1" '
        /^## / { here = $0 == "## A gateway for real" }
        here && /^```console$/ { n++ }
        here && n == wanted && /^\$ / { print substr($0, 3) }' "$root/README.md"
}
# go_on NAME N: runs a block, its last command in the background.
go_on() {
    while IFS= read -r command; do eval "$command" >/dev/null; done < <(block "$2" | head -n -1)
    eval "start $1 $(block "$2" | tail -n 1)"
}
go_on mocks 1
wait_for mocks.log "mocks: ica-host on "
go_on gateway 2
wait_for gateway.log "listens on port"
expect "a launch, as the README says" "5 bytes typed, all came back" "$(eval "$(block 3)" 2>&1)"
done_well
