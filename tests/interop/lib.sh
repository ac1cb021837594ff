# What the interop scripts share: a scratch folder, programs in the background, assertions. Source it.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
declare -A running=()

cleanup() {
    local status=$?
    for name in "${!running[@]}"; do kill "${running[$name]}" 2>/dev/null || true; done
    wait 2>/dev/null || true
    if [ "$status" -ne 0 ]; then
        for log in "$work"/*.log; do [ -f "$log" ] && { echo "--- $log"; tail -n 30 "$log"; }; done
    fi
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT

# What is tested: the programs that the environment names, or those of this tree (.ci/interop builds them).
GATEWAY=$(realpath "${GATEWAY:-$root/target/debug/gateway}")
MOCKS=$(realpath "${MOCKS:-$root/target/debug/mocks}")
SIM=$(realpath "${SIM:-$root/target/debug/sim}")

fail() { echo "FAIL $*" >&2; exit 1; }
done_well() { echo "$(basename "$0"): ok"; }

# need TOOL PACKAGE: says which Debian package has a missing tool.
need() { command -v "$1" >/dev/null || fail "$1 is missing: apt-get install $2"; }

# start NAME COMMAND…: in the background, its output in NAME.log. Takes the place of an earlier one of that name.
start() {
    local name=$1
    shift
    [ -z "${running[$name]:-}" ] || stop "$name"
    "$@" >"$work/$name.log" 2>&1 &
    running[$name]=$!
}
stop() { kill "${running[$1]}" 2>/dev/null || true; wait "${running[$1]}" 2>/dev/null || true; unset "running[$1]"; }

# wait_for FILE TEXT: at most a minute, which only a failure or a very busy machine needs.
wait_for() {
    for _ in $(seq 600); do
        grep -qs -- "$2" "$1" && return
        sleep 0.1
    done
    fail "no \"$2\" in $1"
}

# mock NAME [OPTION…]: runs a mock on a free port. Leaves `address:port` in $at, and with `--control 127.0.0.1:0` the
# URL of its control port in $control.
mock() {
    local log=$work/$1.log
    start "$1" "$MOCKS" run "$@" --listen 127.0.0.1:0
    wait_for "$log" "mocks: $1 on "
    at=$(grep -om1 '127\.0\.0\.1:[0-9]*' "$log")
    case " $* " in
        *" --control "*)
            wait_for "$log" 'controlled on '
            control=http://$(grep -om1 'controlled on http://[^ /]*' "$log" | cut -d/ -f3)
            ;;
    esac
}

# radiusd PORT ACCOUNTING_PORT: FreeRADIUS with freeradius.conf, on 127.0.0.1. Accounting comes to the file `detail`.
radiusd() {
    sed "s#@DIR@#$work#g; s#@PORT@#$1#; s#@ACCOUNTING@#$2#" "$here/freeradius.conf" >"$work/radiusd.conf"
    cp /etc/freeradius/3.0/dictionary "$work/"
    start freeradius freeradius -d "$work" -n radiusd -fxx -l stdout
    wait_for "$work/freeradius.log" "Ready to process requests"
}

# lab [OPTION…]: `sim lab`, on its usual ports or the next free ones. Leaves the addresses of its gateway and of its pages in $portal and $pages,
# each with a slash at the end, and the certificate of its authority in lab.pem.
lab() {
    start lab "$SIM" lab --ca-out "$work/lab.pem" "$@"
    wait_for "$work/lab.log" "Ctrl-C ends it"
    portal=$(grep -om1 'https://[^ ]*' "$work/lab.log")
    pages=$(sed -n 's/^ *Launch *\([^ ]*\).*/\1/p' "$work/lab.log")
}

# expect WHAT PART WHOLE
expect() {
    case "$3" in
        *"$2"*) echo "ok   $1" ;;
        *) fail "$1: expected \"$2\", got: $3" ;;
    esac
}

# holds WHAT FILE PATTERN: the file has a line that matches.
holds() {
    grep -Eq -- "$3" "$2" || fail "$1: nothing matches '$3' in: $(cat "$2")"
    echo "ok   $1"
}

# lacks WHAT FILE PATTERN: it has none.
lacks() {
    ! grep -Eq -- "$3" "$2" || fail "$1: '$3' is in: $(cat "$2")"
    echo "ok   $1"
}

# free_port tcp|udp: a port that was free a moment ago, for programs that must know each other's beforehand. It is below
# those that outgoing connections get (32768 and up), so that none of them takes it meanwhile.
free_port() {
    python3 - "$1" <<'PY'
import random, socket, sys
kind = socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM
for port in random.sample(range(10000, 32768), 100):
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(port)
        break
PY
}
