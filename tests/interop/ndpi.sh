#!/usr/bin/env bash
# nDPI looks at the leg between gateway and ICA host while a launch runs, and says Citrix.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need ndpiReader tcpdump python3
start_lab
start tcpdump tcpdump -i lo -U -w "$work/leg.pcap" "tcp port $ica_port"
wait_for "$work/tcpdump.log" "listening on lo"
python3 "$here/launch.py" "$portal" "$work/ca.pem" carol Autumn-26 Notepad >/dev/null
sleep 1
stop tcpdump
expect "nDPI recognises ICA" "Citrix" "$(ndpiReader -i "$work/leg.pcap" -v 1)"
done_well
