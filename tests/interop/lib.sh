# Shared by the interop scripts: a scratch folder, programs in the background, assertions. Source it.
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

fail() { echo "FAIL $*" >&2; exit 1; }
done_well() { echo "$(basename "$0"): ok"; }
need() { for tool in "$@"; do command -v "$tool" >/dev/null || fail "$tool is not installed"; done; }

# start NAME COMMAND…: in the background, its output in NAME.log.
start() {
    local name=$1
    shift
    "$@" >"$work/$name.log" 2>&1 &
    running[$name]=$!
}
stop() { kill "${running[$1]}"; wait "${running[$1]}" 2>/dev/null || true; unset "running[$1]"; }

# wait_for FILE TEXT: at most ten seconds.
wait_for() {
    for _ in $(seq 100); do
        grep -q -- "$2" "$1" 2>/dev/null && return
        sleep 0.1
    done
    fail "no \"$2\" in $1"
}

# expect WHAT PART WHOLE
expect() {
    case "$3" in
        *"$2"*) echo "ok   $1" ;;
        *) fail "$1: expected \"$2\", got: $3" ;;
    esac
}

free_port() {
    python3 - "$1" <<'PY'
import socket, sys
kind = socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM
with socket.socket(socket.AF_INET, kind) as probe:
    probe.bind(("127.0.0.1", 0))
    print(probe.getsockname()[1])
PY
}
