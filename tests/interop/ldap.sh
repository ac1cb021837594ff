#!/usr/bin/env bash
# OpenLDAP's tools against `mocks run ldap`: bind, search, what is refused, StartTLS.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need ldapsearch ldap-utils

base=DC=example,DC=test
carol=CN=carol,CN=Users,$base

mock ldap
ldapsearch -x -LLL -H "ldap://$at" -D "$carol" -w Autumn-26 -b "$base" '(sAMAccountName=alice)' memberOf >"$work/found"
holds "a user is found" "$work/found" "^dn: CN=alice,CN=Users,$base"
holds "with the groups" "$work/found" "^memberOf: CN=staff,CN=Users,$base"
ldapwhoami -x -H "ldap://$at" -D "$carol" -w Winter-26 >"$work/wrong" 2>&1 && fail "a wrong password binds"
holds "a wrong password is refused" "$work/wrong" 'Invalid credentials \(49\)'
holds "and the mock says why" "$work/ldap.log" 'wrong password'

"$MOCKS" pki --out "$work/pki" >/dev/null
printf '[ldap]\nstart-tls = true\n' >"$work/site.toml"
mock ldap --config "$work/site.toml" --tls-cert "$work/pki/ldap.pem" --tls-key "$work/pki/ldap.key"
export LDAPTLS_CACERT=$work/pki/ca.pem
ldapwhoami -x -ZZ -H "ldap://$at" -D "$carol" -w Autumn-26 >"$work/whoami"
holds "after StartTLS a user binds" "$work/whoami" "$carol"
ldapwhoami -x -H "ldap://$at" -D "$carol" -w Autumn-26 >"$work/plain" 2>&1 && fail "a password is taken in the clear"
holds "without it no password is taken" "$work/plain" 'Confidentiality required \(13\)'
lacks "no password is in the log" "$work/ldap.log" 'Autumn-26|Winter-26'
done_well
