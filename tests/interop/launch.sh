#!/usr/bin/env bash
# The whole way on real sockets: the gateway as a program between the mocks as programs, each in a process of
# its own. Log-in by RADIUS with a passcode, call-back and SmartAccess, launch, STA ticket, an echo through the
# relay; and what must be refused.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

cd "$work"

"$MOCKS" pki --out pki >/dev/null
(umask 077 && printf 'only-for-the-lab-0001' >radius.secret)
mock sta && sta=$at
mock radius && radius=$at
mock ica-host && host=$at
# The gateway and StoreFront each have the other's address in their configuration.
port=$(free_port tcp)

cat >site.toml <<EOF
[[app]]
name = "Notepad"
[[app]]
name = "Ledger"
requires = [{ farm = "gw", condition = "PL_Managed" }]
[[app]]
name = "Vault"
requires = [{ farm = "gw", condition = "PL_Nobody" }]
[[server]]
name = "vda01"
address = "$host"
EOF
mock broker --config site.toml && broker=$at
cat >>site.toml <<EOF
[storefront]
gateway = "localhost:$port"
brokers = ["http://$broker"]
stas = ["http://$sta"]
ca = "pki/ca.pem"
tls = { cert = "pki/storefront.pem", key = "pki/storefront.key" }
call-back = { url = "https://localhost:$port", required = true }
EOF
mock storefront --config site.toml && store=$at

cat >gateway.toml <<EOF
fqdn = "localhost"
name = "gw"
listen = "127.0.0.1:$port"
vip = "127.0.0.1"
[admin]
listen = "127.0.0.1:0"
[tls]
certificate = "pki/gateway.pem"
key = { file = "pki/gateway.key" }
trust = ["pki/ca.pem"]
[[factor.radius.server]]
address = "$radius"
secret = { file = "radius.secret" }
[storefront]
url = "https://localhost:${store##*:}/Citrix/StoreWeb"
networks = ["127.0.0.0/8"]
[[sta]]
id = "STA01"
url = "http://$sta"
[ica-hosts]
networks = ["127.0.0.0/8"]
ports = [${host##*:}]
[smart-access]
conditions = ["PL_Managed"]
[callback]
peers = ["127.0.0.1"]
EOF
start gateway "$GATEWAY" serve -c gateway.toml
wait_for gateway.log gateway.started

# receiver STATUS FILE OPTION...: a Receiver's run that must end with this status.
receiver() {
    local expected=$1 file=$2 status=0
    shift 2
    "$MOCKS" receiver --gateway "https://localhost:$port" --ca pki/ca.pem "$@" >"$file" 2>&1 || status=$?
    [ "$status" -eq "$expected" ] || fail "status $status, not $expected: $*: $(cat "$file")"
}
export MOCKS_PASSWORD=Winter-26
alice=(--user alice --passcode 492817)

receiver 0 apps "${alice[@]}" apps
holds "apps are listed through the gateway" apps '^app: Notepad$'
holds "the call-back brings what the session may have" apps '^app: Ledger$'
lacks "and not what it may not" apps '^app: Vault$'

receiver 0 launch "${alice[@]}" launch Notepad --type 'hello world'
holds "what is typed comes back" launch '^type: 11 bytes typed, all came back$'
holds "the host was reached" ica-host.log '11 bytes "hello world"'
receiver 0 native "${alice[@]}" --agent receiver --socks bare launch Ledger --type hi
holds "a native client without a greeting as well" native '^type: 2 bytes typed, all came back$'

receiver 0 kept "${alice[@]}" launch Notepad --save-ica notepad.ica
receiver 0 first connect notepad.ica --type one
receiver 1 second connect notepad.ica --type two
holds "a ticket works once" second 'connect refused: SOCKS5 reply'

receiver 1 wrong --user alice --passcode 000000 login
holds "a wrong passcode is refused" wrong 'login refused: .*code 4001'
MOCKS_PASSWORD=Autumn-26 receiver 1 borrowed --user alice --passcode 492817 login
holds "and a wrong password" borrowed 'login refused: .*code 4001'

for log in ./*.log; do
    lacks "no secret is in ${log#./}" "$log" 'Winter-26|Autumn-26|492817|only-for-the-lab-0001'
done
done_well
