#!/usr/bin/env bash
# FreeRADIUS as the gateway's RADIUS server: accept, reject, challenge, Message-Authenticator required.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/gateway.sh"
need freeradius freeradius
need openssl openssl
need curl curl

port=$(free_port udp)
radiusd "$port" "$(free_port udp)"

gateway_with_factor <<TOML
[factor.radius]
nas-identifier = "interop"
[[factor.radius.server]]
name = "freeradius"
address = "127.0.0.1:$port"
secret = { file = "radius.secret" }
TOML

expect "carol's password is enough" "/cgi/setclient?" "$(log_in carol Autumn-26)"
expect "a wrong password is refused" "/vpn/index.html" "$(log_in carol autumn-26)"
expect "nobody knows mallory" "/vpn/index.html" "$(log_in mallory Autumn-26)"
expect "alice is asked" "Enter your passcode" "$(log_in alice Winter-26 body)"
expect "the right answer lets her in" "/cgi/setclient?" "$(answer 492817)"
log_in alice Winter-26 body >/dev/null
expect "a wrong answer does not" "/vpn/index.html" "$(answer 492818)"
grep -q "Message-Authenticator" "$work/freeradius.log" || fail "no Message-Authenticator was sent"
done_well
