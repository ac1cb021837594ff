#!/usr/bin/env bash
# Two programs, as the README says: every mock in one, the gateway in the other. `mocks receiver` launches, and so
# does a client with no code of ours.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/gateway.sh"
need curl curl
need openssl openssl
need python3 python3
need nmap nmap
start_site
expect "alice launches and types" "5 bytes typed, all came back" \
    "$(receiver Winter-26 --user alice --passcode 492817 launch Notepad --type hello)"
expect "a wrong passcode is told" "was not accepted" \
    "$(receiver Winter-26 --user alice --passcode 111111 apps || true)"
python3 "$here/launch.py" "$portal" "$work/ca.pem" carol Autumn-26 Notepad
expect "nmap names the gateway" "Citrix NetScaler SSL VPN" "$(nmap -Pn -n -sV -p "${portal##*:}" 127.0.0.1)"
expect "the gateway is ready" "ready" "$(curl -sS "http://127.0.0.1:$admin_port/readyz")"
expect "metrics count the log-ins" "gateway_" "$(curl -sS "http://127.0.0.1:$admin_port/metrics")"
done_well
