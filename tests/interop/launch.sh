#!/usr/bin/env bash
# A whole launch with Python's standard library and no code of ours, against `sim lab`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need python3
start_lab
python3 "$here/launch.py" "$portal" "$work/ca.pem" carol Autumn-26 Notepad
done_well
