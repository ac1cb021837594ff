#!/usr/bin/env bash
# check-netscaler-gateway 2.0.1 from PyPI against `sim lab`: classic and nFactor, good and bad password.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need python3 python3-venv
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --ignore-requires-python check-netscaler-gateway==2.0.1
lab
address=${portal#https://}

probe() {
    local mode=$1 password=$2 status=0
    "$work/venv/bin/python" -m check_netscaler_gateway -H "${address%/}" -u carol -p "$password" --auth-mode "$mode" || status=$?
    echo "$status"
}
for mode in classic nfactor; do
    expect "$mode, right password" "0" "$(probe "$mode" Autumn-26 | tail -1)"
    expect "$mode, wrong password" "2" "$(probe "$mode" nonsense | tail -1)"
done
done_well
