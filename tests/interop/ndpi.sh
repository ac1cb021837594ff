#!/usr/bin/env bash
# nDPI on a capture of the way from the gateway to the ICA host: Debian's goes by the port, a newer one (in nfstream from
# PyPI) knows the bytes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/gateway.sh"
need ndpiReader libndpi-bin
need openssl openssl
need python3 python3-venv
need tcpdump tcpdump
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check nfstream==6.6.0

# capture PORT: launches with the ICA host at this port, and keeps what goes there in PORT.pcap.
capture() {
    # Another loopback address, because nobody else uses its ports.
    ICA_AT=127.77.1.1:$1
    start_site
    start tcpdump tcpdump -i lo -U --immediate-mode -w "$work/$1.pcap" "host 127.77.1.1 and tcp port $1"
    wait_for "$work/tcpdump.log" "listening on lo"
    expect "a launch through port $1" "5 bytes typed, all came back" \
        "$(receiver Autumn-26 --user carol launch Notepad --type hello)"
    wait_for "$work/$1.pcap" hello
    stop tcpdump
}
# by_bytes FILE: the protocols that nfstream's nDPI sees, and whether it has guessed.
by_bytes() {
    "$work/venv/bin/python" - "$1" <<'PY'
import sys
from nfstream import NFStreamer
for flow in NFStreamer(source=sys.argv[1], n_dissections=20, n_meters=1):
    print(flow.application_name, "guessed" if flow.application_is_guessed else "recognised")
PY
}
capture 1494
expect "ndpiReader says Citrix" "Citrix" "$(ndpiReader -i "$work/1494.pcap" 2>&1 | grep -A2 'Detected protocols')"
capture 11494
expect "nDPI recognises ICA at any port" "Citrix recognised" "$(by_bytes "$work/11494.pcap")"
done_well
