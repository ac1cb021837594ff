#!/usr/bin/env bash
# nmap against the mocks: its scripts for the XML service, and its recognition of an ICA host.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need nmap nmap

scan() { nmap -Pn -n -p "${at##*:}" "$@" 127.0.0.1; }

mock broker
# The plus sign: these scripts look at ports 80, 443 and 8080 only, unless they are told to.
scan -v -v --script +citrix-enum-apps-xml >"$work/apps"
holds "applications are listed" "$work/apps" 'Application: Notepad'
holds "with who may start them" "$work/apps" 'Groups: EXAMPLE\\staff'
holds "with the farm that publishes them" "$work/apps" 'Publisher: Farm01'

scan --script +citrix-enum-servers-xml >"$work/servers"
holds "servers are listed" "$work/servers" '  vda01$'

printf 'alice\nbob\n' >"$work/users"
printf 'Summer-26\nWinter-26\n' >"$work/passwords"
scan --script +citrix-brute-xml \
    --script-args "userdb=$work/users,passdb=$work/passwords,ntdomain=EXAMPLE" >"$work/brute"
holds "right credentials are found" "$work/brute" 'alice:Winter-26 => Login was successful'
lacks "and no others" "$work/brute" 'bob|Summer-26'
lacks "no password is in the log" "$work/broker.log" 'Winter-26|Summer-26'

mock ica-host
scan -sV >"$work/ica"
holds "the ICA host is recognised" "$work/ica" 'open +citrix-ica +Citrix Metaframe XP ICA'
done_well
