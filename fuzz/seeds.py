"""Seeds for fuzz targets: the bytes that tests, scenarios and documents show anyway.

usage: seeds.py FOLDER TARGET...    writes FOLDER/TARGET/N

Of Rust files every string literal is a seed, of golden vectors in hexadecimal the bytes they mean; other files are seeds
as they are. What is no good as a seed costs a run. A target that is not listed here begins with nothing.
"""
import hashlib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROTO = "gateway/proto/src/"
SOURCES = {
    "access_info": [PROTO + "access_info.rs"],
    "anakam": [PROTO + "anakam/tests.rs"],
    "broker_request": [PROTO + "broker/tests.rs"],
    "broker_response": [PROTO + "broker/tests.rs"],
    "cgp": ["docs/cgp-profile.md"],
    "cvpn_rewrite": [PROTO + "cvpn/tests.rs"],
    "cvpn_url": [PROTO + "cvpn/tests.rs"],
    "detect": [PROTO + "detect.rs"],
    "ica_file": [PROTO + "ica_file/tests.rs"],
    "ldap_message": [PROTO + "ldap/tests.rs"],
    "policy_configuration": ["gateway/policy/src/**/tests*", "scenarios/policy/*.conf"],
    "policy_expression": ["gateway/policy/src/expr/tests/*.rs"],
    "radius_packet": [PROTO + "radius/tests/*.rs"],
    "radius_transaction": [PROTO + "radius/tests/*.rs"],
    "socks5_server": [PROTO + "socks5/tests.rs"],
    "sta_request": [PROTO + "sta/tests.rs"],
    "sta_response": [PROTO + "sta/tests.rs"],
    "syslog": [PROTO + "syslog/tests.rs"],
    "ticket": [PROTO + "ticket.rs"],
    "xml": [PROTO + "*/tests.rs"],
}
LITERAL = re.compile(r'(b?)r(#*)"(.*?)"\2|(b?)"((?:[^"\\]|\\.)*)"', re.DOTALL)
ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u\{([0-9a-f]+)\}|(.))", re.DOTALL | re.IGNORECASE)
HEX = re.compile(rb"(?:[0-9a-f]{2} ?)+")
CHARACTERS = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


def literals(source):
    """The values of the string literals of a Rust file."""
    for raw_bytes, _, raw, plain_bytes, plain in LITERAL.findall(source):
        # A backslash at the end of a line takes the next one's indentation away.
        joined = re.sub(r"\\\n\s*", "", plain)
        text = raw or ESCAPE.sub(
            lambda it: chr(int(it[1] or it[2], 16)) if it[1] or it[2] else CHARACTERS.get(it[3], it[3]), joined
        )
        yield text.encode("latin-1" if raw_bytes or plain_bytes else "utf-8", "replace")


def seeds(path):
    if path.suffix == ".rs":
        yield from literals(path.read_text())
    elif path.suffix == ".md":
        # A table of golden vectors: a name, and hexadecimal behind it.
        yield from (line[18:].encode() for line in path.read_text().splitlines() if HEX.fullmatch(line[18:].encode()))
    else:
        yield path.read_bytes()


def write(folder, target):
    folder.mkdir(parents=True, exist_ok=True)
    for path in (path for pattern in SOURCES.get(target, []) for path in sorted(ROOT.glob(pattern)) if path.is_file()):
        for seed in seeds(path):
            if HEX.fullmatch(seed) and len(seed.replace(b" ", b"")) % 2 == 0:
                seed = bytes.fromhex(seed.decode())
            (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


for target in sys.argv[2:]:
    write(pathlib.Path(sys.argv[1]) / target, target)
