#!/usr/bin/env bash
# The same rules in the gateway, in nginx and in HAProxy, asked by wrk over TLS: requests for each second that the
# server had a core, so that other work on the machine changes little.
#
#   gateway/policy/benches/peers.sh [seconds for each]
#
# GATEWAY, NGINX_PROGRAM and HAPROXY_PROGRAM name programs that are not on the path.
#
# Needs a release build of the gateway, nginx, haproxy, wrk, openssl and two cores; installs nothing and says what is
# missing. The server has core 0, wrk core 1. Every request goes through all rules; the last one answers with 200.
# nginx and HAProxy say with `if`, `map` and ACLs what these rules say, and nothing that reaches further: no UNDEF,
# no explanation, no audit log.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
gateway=${GATEWAY:-$root/target/release/gateway}
nginx=${NGINX_PROGRAM:-nginx} haproxy=${HAPROXY_PROGRAM:-haproxy}
seconds=${1:-5}
for tool in "$gateway" "$nginx" "$haproxy" wrk openssl taskset; do
    command -v "$tool" > /dev/null || { echo "$tool is missing" >&2; exit 1; }
done

dir=$(mktemp -d)
server=
stop() { [[ -z $server ]] || { kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; server=; }; }
trap 'stop; rm -rf "$dir"' EXIT
cd "$dir"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=gw.test \
    -addext subjectAltName=DNS:gw.test -keyout key.pem -out cert.pem 2> /dev/null
cat cert.pem key.pem > both.pem
chmod 600 key.pem both.pem

# Rules 1 to $1 ask for a host or a path that no request has.
conf_start() { printf 'add lb vserver v HTTP 192.0.2.1 80\nadd responder action ok respondwith q~"HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n"~\n'; }
conf_end() { printf 'add responder policy last %s ok\nbind lb vserver v -policyName last -priority 99999 -type REQUEST\n' "$1"; }
rules_gateway() {
    conf_start
    for ((n = 1; n <= $1; n++)); do
        printf 'add responder policy p%d q~HTTP.REQ.HOSTNAME.EQ("h%d.example.com") || HTTP.REQ.URL.PATH.STARTSWITH("/app-%d/")~ DROP\n' "$n" "$n" "$n"
        printf 'bind lb vserver v -policyName p%d -priority %d -gotoPriorityExpression NEXT -type REQUEST\n' "$n" "$n"
    done
    conf_end TRUE
}
rules_nginx() {
    for ((n = 1; n <= $1; n++)); do
        printf 'if ($http_host = h%d.example.com) { return 444; }\nif ($uri ~ ^/app-%d/) { return 444; }\n' "$n" "$n"
    done
    echo 'return 200 "ok\n";'
}
rules_haproxy() {
    for ((n = 1; n <= $1; n++)); do
        printf '    http-request silent-drop if { hdr(host) h%d.example.com } || { path_beg /app-%d/ }\n' "$n" "$n"
    done
    echo '    http-request return status 200 content-type text/plain string "ok\n"'
}
map_gateway() {
    conf_start
    echo 'add policy stringmap m'
    for ((n = 0; n < 10000; n++)); do printf 'bind policy stringmap m /shop/item-%d target-%d\n' "$n" "$n"; done
    conf_end 'q~HTTP.REQ.URL.PATH.MAP_STRING("m").EQ("target-9999")~'
}
map_file() { for ((n = 0; n < 10000; n++)); do printf '/shop/item-%d target-%d%s\n' "$n" "$n" "$1"; done; }

# Writes the three configurations of a case: rules of each kind, and what stands before nginx's server.
write() {
    "$1_gateway" "${2:-}" > rules.conf
    cat > gateway.toml <<EOF
fqdn = "gw.test"
listen = "127.0.0.1:18443"
vip = "127.0.0.1"
policies = ["rules.conf"]
[tls]
certificate = "cert.pem"
key = { file = "key.pem" }
trust = ["cert.pem"]
[factor.users]
file = "users"
[storefront]
url = "https://127.0.0.1:1/Citrix/StoreWeb"
EOF
    : > users
    local before='' inside
    if [[ $1 == map ]]; then
        before="map_hash_max_size 65536; map_hash_bucket_size 128; map \$uri \$target { include $dir/map.nginx; }"
        inside='if ($target = target-9999) { return 200 "ok\n"; } return 404;'
        map_file ';' > map.nginx
        map_file '' > map.haproxy
        echo "    http-request return status 200 content-type text/plain string \"ok\\n\" if { path,map_str($dir/map.haproxy) -m str target-9999 }" > rules.haproxy
    else
        inside=$(rules_nginx "$2")
        rules_haproxy "$2" > rules.haproxy
    fi
    cat > nginx.conf <<EOF
daemon off; worker_processes 1; pid $dir/nginx.pid; error_log $dir/nginx.log;
events { worker_connections 1024; }
http {
    access_log off; keepalive_requests 10000000; $before
    client_body_temp_path $dir/body; proxy_temp_path $dir/proxy; fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi; scgi_temp_path $dir/scgi;
    server {
        listen 127.0.0.1:18443 ssl; ssl_certificate $dir/cert.pem; ssl_certificate_key $dir/key.pem;
        location / { default_type text/plain; $inside }
    }
}
EOF
    cat > haproxy.cfg <<EOF
global
    nbthread 1
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 5s
frontend f
    bind 127.0.0.1:18443 ssl crt $dir/both.pem alpn http/1.1
$(cat rules.haproxy)
EOF
}

# What the server and its children had of a core, in ticks of the clock (proc(5), stat).
ticks() {
    local sum=0 pid fields
    for pid in "$server" $(pgrep -P "$server"); do
        read -ra fields <<< "$(sed 's/.*) //' "/proc/$pid/stat")"
        sum=$((sum + fields[11] + fields[12]))
    done
    echo "$sum"
}

# Starts a server on core 0, asks it from core 1, prints its figure.
measure() {
    local name=$1 path=$2 answer
    shift 2
    taskset -c 0 "$@" > "$name.out" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        answer=$(curl -sk --max-time 2 -H 'Host: www.example.com' "https://127.0.0.1:18443$path" || true)
        [[ $answer == ok ]] && break
        sleep 0.1
    done
    [[ $answer == ok ]] || { echo "$name does not answer: $answer" >&2; tail -5 "$name.out" >&2; exit 1; }
    local before requests
    before=$(ticks)
    requests=$(taskset -c 1 wrk -t1 -c16 -d"${seconds}s" -H 'Host: www.example.com' "https://127.0.0.1:18443$path" |
        awk '/requests in/ { count = $1 } /Non-2xx/ { bad = 1 } END { print bad ? "failed" : count }')
    local rate=$requests
    [[ $requests == failed ]] || rate=$((requests * $(getconf CLK_TCK) / ($(ticks) - before)))
    stop
    printf '  %-8s %s\n' "$name" "$rate"
}

run() {
    echo "$1"
    write "$3" "${4:-}"
    measure gateway "$2" "$gateway" serve -c gateway.toml
    measure nginx "$2" "$nginx" -p "$dir" -c "$dir/nginx.conf"
    measure haproxy "$2" "$haproxy" -f haproxy.cfg
}

echo "requests for each second that the server had a core, TLS 1.3, keep-alive, 16 connections, $seconds s each"
run 'no rule but the one that answers' /shop/item-9999 rules 0
run 'one rule before it, host or path' /shop/item-9999 rules 1
run '100 rules before it, host or path' /shop/item-9999 rules 100
run 'a map of 10 000 paths' /shop/item-9999 map
