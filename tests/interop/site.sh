#!/usr/bin/env bash
# Two programs, as the README says: every mock in one, the gateway in the other. `mocks receiver` launches, and so
# does a client with no code of ours.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/gateway.sh"
need curl openssl python3
MOCKS=${MOCKS:-$root/target/debug/mocks}

broker=$(free_port tcp) sta=$(free_port tcp) ica=$(free_port tcp) store=$(free_port tcp)
radius=$(free_port udp) ldap=$(free_port tcp)
gateway=$(free_port tcp) admin=$(free_port tcp)
cat >"$work/site.toml" <<TOML
server = [{ name = "vda01", address = "127.0.0.1:$ica" }]
[storefront]
listen = "127.0.0.1:$store"
gateway = "localhost:$gateway"
brokers = ["http://127.0.0.1:$broker"]
stas = ["http://127.0.0.1:$sta"]
ca = "ca.pem"
call-back = { url = "https://localhost:$gateway", required = true }
[broker]
listen = "127.0.0.1:$broker"
[sta]
listen = "127.0.0.1:$sta"
[radius]
listen = "127.0.0.1:$radius"
[ldap]
listen = "127.0.0.1:$ldap"
[ica-host]
listen = "127.0.0.1:$ica"
TOML
certificate localhost
(umask 077; printf 'only-for-the-lab-0001' >"$work/radius.secret")
start mocks "$MOCKS" run site --config "$work/site.toml"
cat >"$work/gateway.toml" <<TOML
fqdn = "localhost"
listen = "127.0.0.1:$gateway"
vip = "127.0.0.1"
[tls]
certificate = "localhost.pem"
key = { file = "localhost.key" }
trust = ["ca.pem"]
[[factor.radius.server]]
name = "radius"
address = "127.0.0.1:$radius"
secret = { file = "radius.secret" }
[storefront]
url = "http://127.0.0.1:$store/Citrix/StoreWeb"
networks = ["127.0.0.0/8"]
[[sta]]
id = "STA01"
url = "http://127.0.0.1:$sta"
[ica-hosts]
networks = ["127.0.0.0/8"]
ports = [$ica]
[callback]
peers = ["127.0.0.1"]
[admin]
listen = "127.0.0.1:$admin"
TOML
expect "the configuration has no errors" "0" "$("$GATEWAY" check -c "$work/gateway.toml" >/dev/null 2>&1; echo $?)"
start gateway "$GATEWAY" serve -c "$work/gateway.toml"
wait_for "$work/gateway.log" "listens on port"

receiver() {
    MOCKS_PASSWORD=$1 "$MOCKS" receiver --gateway "https://localhost:$gateway" --ca "$work/ca.pem" "${@:2}" 2>&1
}
expect "alice launches and types" "5 bytes typed, all came back" \
    "$(receiver Winter-26 --user alice --passcode 492817 launch Notepad --type hello)"
expect "a wrong passcode is told" "was not accepted" \
    "$(receiver Winter-26 --user alice --passcode 111111 apps || true)"
python3 "$here/launch.py" "localhost:$gateway" "$work/ca.pem" carol Autumn-26 Notepad
expect "the gateway is ready" "ok" "$(curl -sS "http://127.0.0.1:$admin/readyz")"
expect "metrics count the log-ins" "gateway_" "$(curl -sS "http://127.0.0.1:$admin/metrics")"
done_well
