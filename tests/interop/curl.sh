#!/usr/bin/env bash
# curl against the mocks: StoreFront over TLS, and a control port.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need curl curl
fetch() { curl --silent --show-error --max-time 60 "$@"; }

"$MOCKS" pki --out "$work/pki" >/dev/null
mock storefront --tls-cert "$work/pki/storefront.pem" --tls-key "$work/pki/storefront.key"
fetch --include --cacert "$work/pki/ca.pem" "https://localhost:${at##*:}/Citrix/StoreWeb/" >"$work/page"
holds "the certificate is trusted and the page is there" "$work/page" '^HTTP/1.1 200 '
holds "the page offers to log on" "$work/page" 'action="GatewayAuth/Login"'

mock sta --control 127.0.0.1:0
wish='<?xml version="1.0"?><CtxSTAProtocol version="4.0"><RequestTicket><AllowedTicketType>STA-v4</AllowedTicketType><AllowedAuthorityIDType>STA-v1</AllowedAuthorityIDType><TicketData><Value name="ICAAddress">192.0.2.10:1494</Value></TicketData></RequestTicket></CtxSTAProtocol>'
ask() { fetch --data "$wish" "http://$at/scripts/ctxsta.dll"; }

ask >"$work/ticket"
holds "a ticket is issued" "$work/ticket" '<Ticket>[0-9A-Z]+</Ticket>'
fetch -X PUT --data '[{"what":"error","code":"service-unavailable","first":1}]' "$control/misbehaviours" >"$work/rules"
holds "a misbehaviour is switched on" "$work/rules" '"first":1'
ask >"$work/refused"
holds "and happens" "$work/refused" '<ErrorId>service-unavailable<'
ask >"$work/again"
holds "once, as the rule says" "$work/again" '<Ticket>[0-9A-Z]+</Ticket>'
fetch -X PUT --data '[{"what":"eror"}]' "$control/misbehaviours" >"$work/slip"
holds "a slip is recognised" "$work/slip" 'did you mean \\"error\\"'
fetch "$control/journal" >"$work/journal"
holds "the journal has it" "$work/journal" '"kind":"sta.misbehaved"'
fetch --header 'Host: evil.example' "$control/journal" >"$work/foreign"
holds "another name is refused" "$work/foreign" 'only programs on this machine'
done_well
