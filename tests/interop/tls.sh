#!/usr/bin/env bash
# TLS versions and keep-alive, as openssl and h2load see them, against a site of mocks.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/gateway.sh"
need openssl openssl
need h2load nghttp2-client
start_site

version() {
    openssl s_client -connect "$portal" -CAfile "$work/ca.pem" -verify_return_error -brief "$@" </dev/null 2>&1 || true
}
expect "TLS 1.3" "TLSv1.3" "$(version -tls1_3)"
expect "TLS 1.2" "TLSv1.2" "$(version -tls1_2)"
expect "the chain is good" "Verification: OK" "$(version)"
case "$(version -tls1_1 -cipher DEFAULT@SECLEVEL=0)" in
    *TLSv1.1*) fail "TLS 1.1 was accepted" ;;
    *) echo "ok   TLS 1.1 is refused" ;;
esac
expect "plain HTTP gets nothing" "" "$(curl -sS --max-time 3 "http://$portal/" 2>/dev/null || true)"
load=$(h2load --h1 -n 2000 -c 8 "https://$portal/vpn/index.html")
expect "keep-alive carries 2000 requests" "2000 succeeded, 0 failed, 0 errored" "$load"
export GATEWAY__TLS__PROFILE=modern
serve
expect "the modern profile speaks TLS 1.3" "TLSv1.3" "$(version)"
case "$(version -tls1_2)" in
    *TLSv1.2*) fail "TLS 1.2 was accepted" ;;
    *) echo "ok   and nothing older" ;;
esac
done_well
