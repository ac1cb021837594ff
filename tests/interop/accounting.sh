#!/usr/bin/env bash
# FreeRADIUS as the server that is told about sessions: start, interim update and stop are in its detail file, with
# what was moved and the Class of the log-in. Takes more than a minute, because updates may not come sooner.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/gateway.sh"
need freeradius freeradius
need openssl openssl
need curl curl

# Every mock and a gateway in front; then the gateway again, with FreeRADIUS in the place of the mock.
start_site
auth=$(free_port udp) accounting=$(free_port udp)
radiusd "$auth" "$accounting"
sed -i "/factor.radius/,/address/ s/^address = .*/address = \"127.0.0.1:$auth\"/" "$work/gateway.toml"
cat >>"$work/gateway.toml" <<TOML
[accounting]
interim = "1m"
[[accounting.server]]
name = "books"
address = "127.0.0.1:$accounting"
secret = { file = "radius.secret" }
TOML
serve

# record STATUS SESSION: the first whole record of a session with this status, as FreeRADIUS writes it; of any session with
# '.*'. The gateway's own (On, Off) have no user. A repeated request would be a second record.
record() {
    awk -v RS= -v status="$1" -v session="$2" '
        /User-Name = / && /\tTimestamp = [0-9]+$/ && $0 ~ "Acct-Status-Type = " status "\n" &&
        $0 ~ "Acct-Session-Id = \"" session "\"" { print; exit }' "$work/detail"
}
# told WHAT STATUS SESSION PATTERN…: waits for a record, at most three minutes, and wants it to have these.
told() {
    local what=$1 status=$2 session=$3
    for _ in $(seq 1800); do
        [ ! -f "$work/detail" ] || record "$status" "$session" >"$work/record"
        [ ! -s "$work/record" ] || break
        sleep 0.1
    done
    for pattern in "${@:4}"; do holds "$what: $pattern" "$work/record" "$pattern"; done
}
# session: whose the last record is.
session() { sed -n 's/.*Acct-Session-Id = "\(.*\)"/\1/p' "$work/record"; }

receiver Autumn-26 --user carol launch Notepad --save-ica "$work/notepad.ica" >/dev/null
same=('User-Name = "carol"' 'Class = 0x636c617373206f66206361726f6c' 'NAS-Identifier = "gateway"'
    'Calling-Station-Id = "127.0.0.1"' 'Event-Timestamp = "' 'NAS-Port-Type = Virtual')
told "a start" Start '.*' "${same[@]}"
long=$(session)
holds "Acct-Session-Id is the session's mark in the log" "$work/gateway.log" "$long"
lacks "a start has no octets" "$work/record" 'Octets'
expect "what is typed comes back" "5 bytes typed, all came back" \
    "$(receiver '' connect "$work/notepad.ica" --type hello)"

receiver Autumn-26 --user carol launch Notepad --type hi >/dev/null
moved=('Acct-Input-Octets = [1-9]' 'Acct-Output-Octets = [1-9]' 'Acct-Input-Gigawords = 0' 'Acct-Session-Time = ')
told "a log-out" Stop '.*' "${same[@]}" "${moved[@]}" 'Acct-Terminate-Cause = User-Request'
[ "$(session)" != "$long" ] || fail "two sessions have one Acct-Session-Id"

told "an update" Interim-Update "$long" "${same[@]}" "${moved[@]}"
holds "after a minute" "$work/record" 'Acct-Session-Time = (59|[6-9][0-9]|[1-9][0-9]{2})$'
"$GATEWAY" ctl -c "$work/gateway.toml" sessions kill "$long" >/dev/null
told "an end" Stop "$long" "${same[@]}" "${moved[@]}" 'Acct-Terminate-Cause = Admin-Reset'
lacks "nobody doubts a signature" "$work/freeradius.log" 'invalid|incorrect|[Dd]ropping'
lacks "and every answer was believed" "$work/gateway.log" 'no answer to accounting'
done_well
