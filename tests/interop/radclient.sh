#!/usr/bin/env bash
# FreeRADIUS's own client against `mocks run radius`: accept, reject, a challenge answered, and what is discarded.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need radclient freeradius-utils

secret=only-for-the-lab-0001
mock radius

# ask NAME SECRET ATTRIBUTE...: what radclient prints about one request. It waits long for an answer, but for $patience where
# none is to come.
ask() {
    local name=$1 with=$2
    shift 2
    printf '%s\n' "$@" | radclient -x -r 1 -t "${patience:-30}" "$at" auth "$with" >"$work/$name" 2>&1 || true
}

ask accepted "$secret" 'User-Name = "carol"' 'User-Password = "Autumn-26"' 'Message-Authenticator = 0x00'
holds "the right password is accepted" "$work/accepted" 'Received Access-Accept'
holds "the answer is signed" "$work/accepted" 'Message-Authenticator = 0x[0-9a-f]{32}'

ask rejected "$secret" 'User-Name = "carol"' 'User-Password = "Winter-26"' 'Message-Authenticator = 0x00'
holds "a wrong password is rejected" "$work/rejected" 'Received Access-Reject'
holds "the reject has a message" "$work/rejected" 'Reply-Message = "Access denied"'

ask challenged "$secret" 'User-Name = "alice"' 'User-Password = "Winter-26"' 'Message-Authenticator = 0x00'
holds "a token is asked for" "$work/challenged" 'Received Access-Challenge'
holds "the prompt is there" "$work/challenged" 'Reply-Message = "Enter your passcode"'
state=$(grep -Eo 'State = 0x[0-9a-f]+' "$work/challenged")

ask answered "$secret" 'User-Name = "alice"' 'User-Password = "492817"' "$state" 'Message-Authenticator = 0x00'
holds "the right passcode is accepted" "$work/answered" 'Received Access-Accept'
holds "groups come as Filter-Id" "$work/answered" 'Filter-Id = "staff"'

ask replayed "$secret" 'User-Name = "alice"' 'User-Password = "492817"' "$state" 'Message-Authenticator = 0x00'
holds "a State works once" "$work/replayed" 'Received Access-Reject'

patience=2 ask foreign another-secret 'User-Name = "carol"' 'User-Password = "Autumn-26"' 'Message-Authenticator = 0x00'
holds "another shared secret gets no answer" "$work/foreign" 'No reply from server'

patience=2 ask unsigned "$secret" 'User-Name = "carol"' 'User-Password = "Autumn-26"'
holds "a request without Message-Authenticator gets no answer" "$work/unsigned" 'No reply from server'
holds "and the mock says why" "$work/radius.log" 'discarded: '
lacks "no password or passcode is in the log" "$work/radius.log" 'Autumn-26|Winter-26|492817'
done_well
