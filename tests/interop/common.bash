# What the interop scripts share: the program, a place for files, starting and ending mocks. Sourced, not run.

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# need TOOL PACKAGE: says which Debian package has a missing tool.
need() {
    command -v "$1" >/dev/null || { echo "missing: $1 (apt-get install $2)" >&2; exit 2; }
}

# The program under test: $MOCKS, or a build of it.
if [ -z "${MOCKS:-}" ]; then
    cargo build --locked --quiet --package gateway-mocks --bin mocks
    MOCKS=${CARGO_TARGET_DIR:-target}/debug/mocks
fi
MOCKS=$(realpath "$MOCKS")

work=$(mktemp -d)
mocks=()
cleanup() {
    for pid in "${mocks[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap cleanup EXIT

# start NAME [OPTION...]: runs a mock on a free port and leaves `address:port` in $at.
start() {
    local name=$1
    "$MOCKS" run "$@" --listen 127.0.0.1:0 >"$work/$name.log" 2>"$work/$name.err" &
    mocks+=($!)
    at=
    for _ in $(seq 100); do
        # The control port, where there is one, is told last.
        case " $* " in
            *" --control "*) grep -q 'controlled on' "$work/$name.err" || { sleep 0.1; continue; } ;;
        esac
        at=$(grep -om1 '127\.0\.0\.1:[0-9]*' "$work/$name.err" || true)
        [ -n "$at" ] && return
        sleep 0.1
    done
    echo "the $name mock did not begin:" >&2
    cat "$work/$name.err" >&2
    exit 1
}

# holds WHAT FILE PATTERN: the file has a line that matches, or the run fails and shows it.
holds() {
    if grep -Eq -- "$3" "$2"; then
        echo "ok: $1"
    else
        { echo "FAILED: $1: nothing matches '$3' in:"; cat "$2"; } >&2
        exit 1
    fi
}

# lacks WHAT FILE PATTERN: the file has no such line.
lacks() {
    if grep -Eq -- "$3" "$2"; then
        { echo "FAILED: $1: '$3' is in:"; cat "$2"; } >&2
        exit 1
    fi
    echo "ok: $1"
}

# free_port: a port that was free a moment ago, for two programs that must know each other's beforehand.
free_port() {
    "$MOCKS" run sta --listen 127.0.0.1:0 >/dev/null 2>"$work/free" &
    local pid=$! port=
    for _ in $(seq 100); do
        port=$(grep -om1 '127\.0\.0\.1:[0-9]*' "$work/free" | cut -d: -f2 || true)
        [ -n "$port" ] && break
        sleep 0.1
    done
    kill "$pid"
    [ -n "$port" ] && echo "$port"
}
