# A gateway on real sockets for the interop scripts. Source it behind lib.sh.
# certificate NAME: a certificate authority, once, and a P-256 certificate for NAME, localhost and 127.0.0.1.
certificate() {
    local name=$1
    if [ ! -f "$work/ca.pem" ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Interop CA" \
            -addext "basicConstraints=critical,CA:TRUE" -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
    fi
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
        -keyout "$work/$name.key" -out "$work/$name.csr" 2>/dev/null
    openssl x509 -req -in "$work/$name.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
        -extfile <(echo "subjectAltName=DNS:$name,DNS:localhost,IP:127.0.0.1") -out "$work/$name.pem" 2>/dev/null
    chmod 600 "$work/$name.key"
}

# gateway_toml PORT STORE STA ADMIN_PORT ICA_PORTS: a gateway's configuration but for the factor, between servers at these
# URLs and ports.
gateway_toml() {
    cat <<TOML
fqdn = "localhost"
listen = "127.0.0.1:$1"
vip = "127.0.0.1"
[tls]
certificate = "localhost.pem"
key = { file = "localhost.key" }
trust = ["ca.pem"]
[storefront]
url = "$2/Citrix/StoreWeb"
networks = ["127.0.0.0/8"]
[[sta]]
id = "STA01"
url = "$3"
[ica-hosts]
networks = ["127.0.0.0/8"]
ports = [$5]
[callback]
peers = ["127.0.0.1"]
[admin]
listen = "127.0.0.1:$4"
TOML
}

# gateway_with_factor <<TOML: starts a gateway whose first factor is the [factor.*] section on standard input.
# Leaves its address in $portal. Only log-ins work: there is no store behind it.
gateway_with_factor() {
    local port
    port=$(free_port tcp)
    portal="localhost:$port"
    certificate localhost
    (umask 077; printf 'only-for-the-lab-0001' >"$work/radius.secret")
    {
        gateway_toml "$port" https://localhost:9 http://127.0.0.1:9 "$(free_port tcp)" 1494
        cat
    } >"$work/gateway.toml"
    serve
}

# serve: the gateway, with the configuration in gateway.toml.
serve() {
    start gateway "$GATEWAY" serve -c "$work/gateway.toml"
    wait_for "$work/gateway.log" "listens on port"
}

# receiver PASSWORD OPTION…: a Receiver's run, and what it says.
receiver() {
    MOCKS_PASSWORD=$1 "$MOCKS" receiver --gateway "https://$portal" --ca "$work/ca.pem" "${@:2}" 2>&1
}

# log_in USER PASSWORD [body]: prints where the log-in leads, or with `body` the page it shows.
log_in() {
    rm -f "$work/cookies"
    curl -sS --cacert "$work/ca.pem" -c "$work/cookies" -o "$work/page" -w '%{redirect_url}' \
        --data-urlencode "login=$1" --data-urlencode "passwd=$2" "https://$portal/cgi/login" >"$work/location"
    if [ "${3:-}" = body ]; then cat "$work/page"; else cat "$work/location"; fi
}

# answer TEXT: answers the question of the last log-in, and prints where that leads.
answer() {
    curl -sS --cacert "$work/ca.pem" -b "$work/cookies" -c "$work/cookies" -o "$work/page" -w '%{redirect_url}' \
        --data-urlencode "response=$1" "https://$portal/cgi/dlge"
}

# start_site: every mock in one program and a gateway in front of them. Leaves the gateway's address in $portal, that
# of its administration in $admin_port, and the URL of the STA's control port in $sta_control. The ICA host is at $ICA_AT,
# where that is set. Browsers get ICA-proxy mode.
start_site() {
    local broker sta ica store radius ldap gateway admin
    broker=$(free_port tcp) sta=$(free_port tcp) ica=${ICA_AT:-127.0.0.1:$(free_port tcp)} store=$(free_port tcp)
    radius=$(free_port udp) ldap=$(free_port tcp)
    gateway=$(free_port tcp) admin=$(free_port tcp)
    cat >"$work/site.toml" <<TOML
server = [{ name = "vda01", address = "$ica" }]
[storefront]
listen = "127.0.0.1:$store"
gateway = "localhost:$gateway"
brokers = ["http://127.0.0.1:$broker"]
stas = ["http://127.0.0.1:$sta"]
ca = "ca.pem"
call-back = { url = "https://localhost:$gateway", required = true }
[broker]
listen = "127.0.0.1:$broker"
[sta]
listen = "127.0.0.1:$sta"
control = "127.0.0.1:0"
[radius]
listen = "127.0.0.1:$radius"
[ldap]
listen = "127.0.0.1:$ldap"
[anakam]
listen = "127.0.0.1:0"
[ica-host]
listen = "$ica"
TOML
    certificate localhost
    (umask 077; printf 'only-for-the-lab-0001' >"$work/radius.secret")
    start mocks "$MOCKS" run site --config "$work/site.toml"
    wait_for "$work/mocks.log" 'sta is controlled on '
    sta_control=$(grep -om1 'sta is controlled on http://[^ ]*' "$work/mocks.log" | cut -d' ' -f5)
    {
        gateway_toml "$gateway" "http://127.0.0.1:$store" "http://127.0.0.1:$sta" "$admin" "${ica##*:}"
        cat <<TOML
[[factor.radius.server]]
name = "radius"
address = "127.0.0.1:$radius"
secret = { file = "radius.secret" }
[modes]
browser = "wica"
TOML
    } >"$work/gateway.toml"
    "$GATEWAY" check -c "$work/gateway.toml" >"$work/check.log" 2>&1 || fail "the configuration has errors"
    serve
    portal="localhost:$gateway" admin_port=$admin
}
