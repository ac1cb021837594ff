#!/usr/bin/env bash
# kill -9 while a launch waits for the STA: nothing is left that the next start could stumble over.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/gateway.sh"
need curl curl
need openssl openssl
start_site

curl -sS -X PUT --data '[{"what":"slow","by":"30s","first":1,"on":"redeem"}]' "$sta_control/misbehaviours" >"$work/rules"
before=$(ls "$work")
receiver Autumn-26 --user carol launch Notepad --type hello >"$work/first" &
launch=$!
wait_for "$work/mocks.log" RequestData
kill -KILL "${running[gateway]}"
wait "${running[gateway]}" 2>/dev/null || true
status=0
wait "$launch" || status=$?
expect "the launch fails, and at once" 1 "$status"

cp "$work/gateway.log" "$work/killed.log"
serve
expect "the gateway is ready again" ready "$(curl -sS "http://127.0.0.1:$admin_port/readyz")"
expect "the next launch goes through" "5 bytes typed, all came back" \
    "$(receiver Autumn-26 --user carol launch Notepad --type hello)"
expect "no file was left" "" "$(comm -13 <(echo "$before") <(ls "$work") | grep -vx -e first -e killed.log || true)"
lacks "and no back trace" "$work/gateway.log" 'panicked|backtrace'
done_well
