#!/usr/bin/env bash
# Chromium without a window against `sim lab`: log in, wrong password, challenge, launch, log out; every page.
# With `--screenshots docs/screenshots` it takes the documentation's pictures anew.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need chromium chromium
need python3 python3
lab
python3 "$here/browser.py" "$portal" "$pages" "$@" \
    --client "$MOCKS receiver --gateway ${portal%/} --ca $work/lab.pem connect --type hello"
lab --browsers cvpn
expect "clientless for who wants it" "/cgi/setclient?cvpn" "$(curl -sS --cacert "$work/lab.pem" -o "$work/page" \
    -w '%{redirect_url}' --data 'login=carol&passwd=Autumn-26' "${portal}cgi/login")"
done_well
