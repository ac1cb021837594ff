#!/usr/bin/env bash
# rsyslog as the collector of the gateway's audit log, over UDP, TCP and TLS: every message is RFC 5424 with structured
# data, and a restart of the collector loses none but what UDP can't know of.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$here/gateway.sh"
PATH=$PATH:/usr/sbin
need rsyslogd rsyslog
need openssl openssl
need curl curl

# collector TRANSPORT NAME: rsyslogd on 127.0.0.1:$port with the certificate NAME. What it takes apart comes to
# `collected`, one JSON object a message; what is not RFC 5424 does not, because no other parser is asked.
collector() {
    local input=im${1/tls/tcp} tls=
    [ "$1" != tls ] || tls='StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"'
    cat >"$work/rsyslog.conf" <<CONF
global(workDirectory="$work" processInternalMessages="on" defaultNetstreamDriverCAFile="$work/ca.pem"
    defaultNetstreamDriverCertFile="$work/$2.pem" defaultNetstreamDriverKeyFile="$work/$2.key")
module(load="mmpstrucdata")
module(load="$input" $tls)
template(name="time" type="string" string="%timereported:::date-rfc3339%")
template(name="taken-apart" type="string" string="%\$!all-json%\n")
ruleset(name="audit" parser="rsyslog.rfc5424") {
    action(type="mmpstrucdata")
    set \$!facility = \$syslogfacility-text;
    set \$!severity = \$syslogseverity-text;
    set \$!time = exec_template("time");
    set \$!host = \$hostname;
    set \$!app = \$app-name;
    set \$!process = \$procid;
    set \$!id = \$msgid;
    set \$!text = \$msg;
    action(type="omfile" file="$work/collected" template="taken-apart")
}
input(type="$input" address="127.0.0.1" port="$port" ruleset="audit")
# rsyslog's own messages.
action(type="omfile" file="$work/rsyslog.log")
CONF
    rm -f "$work/rsyslog.log"
    start rsyslogd rsyslogd -n -f "$work/rsyslog.conf" -i "$work/rsyslog.pid"
    wait_for "$work/rsyslog.log" '\] start$'
}

# gateway TRANSPORT: a gateway that sends its log there.
gateway() {
    gateway_with_factor <<TOML
[[factor.radius.server]]
address = "$radius"
secret = { file = "radius.secret" }
[syslog]
collector = "127.0.0.1:$port"
transport = "$1"
TOML
}

# refused_paths COUNT: so many requests, of each of which the audit log tells.
refused_paths() { curl -sS --cacert "$work/ca.pem" -o "$work/page" --path-as-is "https://$portal/[1-$1]//"; }

# missing: the numbers of messages that did not come, up to the last one that did, or came twice.
missing() {
    python3 - "$work/collected" <<'PY'
import json, sys
with open(sys.argv[1]) as lines:
    came = [int(json.loads(line)["rfc5424-sd"]["audit@32473"]["seq"]) for line in lines]
print(*[number for number in range(1, max(came) + 1) if came.count(number) != 1])
PY
}

mock radius && radius=$at
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
    -keyout "$work/stranger.key" -out "$work/stranger.pem" 2>/dev/null

for transport in udp tcp tls; do
    port=$(free_port "${transport/tls/tcp}")
    certificate localhost
    rm -f "$work/collected"
    if [ "$transport" = tls ]; then
        collector tls stranger
        gateway tls
        wait_for "$work/gateway.log" 'collector.down.*UnknownIssuer'
        [ ! -e "$work/collected" ] || fail "tls: a certificate of nobody gets something"
        echo "ok   tls: a certificate of nobody gets nothing"
        collector tls localhost
    else
        collector "$transport" localhost
        gateway "$transport"
    fi

    log_in 'mall"o\r]y' Winter-26 >/dev/null
    wait_for "$work/collected" '"id": "login.refused"'
    grep '"id": "login.refused"' "$work/collected" >"$work/refused"
    holds "$transport: structured data has the value that was meant" "$work/refused" '"user": "mall\\"o\\\\r\]y"'
    holds "$transport: the time has its milliseconds" "$work/refused" '"time": "20[0-9-]+T[0-9:]+\.[0-9]{3}Z"'
    holds "$transport: facility and severity" "$work/refused" '"facility": "authpriv", "severity": "warning"'
    holds "$transport: who says so" "$work/refused" "\"app\": \"gateway\", \"process\": \"${running[gateway]}\""

    stop rsyslogd
    [ "$transport" = udp ] || wait_for "$work/gateway.log" 'the collector closed the connection'
    refused_paths 200
    collector "$transport" localhost
    log_in eve Winter-26 >/dev/null
    wait_for "$work/collected" 'refuses the log-in of eve'
    if [ "$transport" = udp ]; then
        [ -n "$(missing)" ] || fail "udp: somebody took what was sent to nobody"
        echo "ok   udp: what was sent to nobody is a gap in the numbers"
    else
        expect "$transport: what happened meanwhile comes afterwards" 200 "$(grep -c '"path-invalid"' "$work/collected")"
        [ -z "$(missing)" ] || fail "$transport: lost, or there twice: $(missing)"
        echo "ok   $transport: nothing is lost and nothing comes twice"
    fi
    lacks "$transport: no password is there" "$work/collected" 'Winter-26'
done
done_well
