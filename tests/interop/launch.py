#!/usr/bin/env python3
"""A launch with nothing of ours: Python's standard library logs in, lists, launches, connects and types.

usage: launch.py HOST:PORT CA_FILE USER PASSWORD APP
"""
import http.client
import json
import re
import socket
import ssl
import sys
import urllib.parse

host, port = sys.argv[1].rsplit(":", 1)
ca_file, user, password, app = sys.argv[2:6]
tls = ssl.create_default_context(cafile=ca_file)
gateway = http.client.HTTPSConnection(host, int(port), context=tls, timeout=60)
cookies = {}


def call(method, path, fields=None, headers=None):
    """One request on one keep-alive connection; cookies by name are enough for one gateway and one store."""
    body = urllib.parse.urlencode(fields) if fields is not None else ""
    headers = {"User-Agent": "CitrixReceiver/24 (interop)", "X-Citrix-IsUsingHTTPS": "Yes", **(headers or {})}
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    if fields is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    gateway.request(method, path, body if method == "POST" else None, headers)
    answer = gateway.getresponse()
    text = answer.read().decode()
    for line in answer.headers.get_all("Set-Cookie") or []:
        # By hand: the gateway spells the date of a cookie it takes away as scanners expect it, not as RFC 6265.
        name, value = line.split(";")[0].split("=", 1)
        cookies.pop(name, None) if value == "xyz" else cookies.update({name: value})
    return answer, text


def check(what, holds, seen=""):
    print(("ok   " if holds else "FAIL ") + what, seen)
    if not holds:
        sys.exit(1)


answer, _ = call("GET", "/")
check("front door", (answer.status, answer.getheader("Location")) == (302, "/vpn/index.html"))
answer, _ = call("POST", "/cgi/login", {"login": user, "passwd": password + "x"})
check("wrong password", cookies.get("NSC_VPNERR") == "4001" and "NSC_AAAC" not in cookies)
answer, _ = call("POST", "/cgi/login", {"login": user, "passwd": password})
check("log-in", answer.getheader("Location") == "/cgi/setclient?wica" and "NSC_AAAC" in cookies, answer.status)
answer, text = call("GET", "/cgi/setclient?wica")
store = re.search(r"/Citrix/\w+Web", text).group(0)
call("POST", f"{store}/Home/Configuration", {})
csrf = {"Csrf-Token": cookies["CsrfToken"]}
call("POST", f"{store}/Authentication/GetAuthMethods", {}, csrf)
answer, text = call("POST", f"{store}/GatewayAuth/Login", {}, csrf)
check("single sign-on", answer.status == 200, text[:80])
answer, text = call("POST", f"{store}/Resources/List", {"format": "json", "resourceDetails": "Default"}, csrf)
resources = {entry["name"]: entry for entry in json.loads(text)["resources"]}
check("app list", app in resources, sorted(resources))
query = urllib.parse.urlencode({"CsrfToken": cookies["CsrfToken"], "IsUsingHttps": "Yes", "launchId": "1"})
answer, ica = call("GET", f"{store}/{resources[app]['launchurl']}?{query}")
ticket = re.search(r"(?m)^Address=(;40;\w+;\w+)\r$", ica)
check("ICA file", answer.status == 200 and ticket is not None, answer.getheader("Content-Type"))
ticket = ticket.group(1).encode()


def connect(destination):
    stream = tls.wrap_socket(socket.create_connection((host, int(port)), 10), server_hostname=host)
    stream.sendall(b"\x05\x01\x00")
    check("SOCKS greeting", stream.recv(2) == b"\x05\x00")
    stream.sendall(b"\x05\x01\x00\x03" + bytes([len(destination)]) + destination + (1494).to_bytes(2, "big"))
    return stream, stream.recv(10)


_, reply = connect(b"127.0.0.1")
check("a plain address is refused", reply[1] == 2, reply.hex())
stream, reply = connect(ticket)
check("the ticket is taken", reply[1] == 0, reply.hex())
magic = b"\x7f\x7fICA\x00"
hello = b""
while len(hello) < 12:
    hello += stream.recv(12 - len(hello))
check("the host says hello", hello == magic * 2)
stream.sendall(magic)
sent = b"hello from another program\n" * 400
stream.sendall(sent)
echo = b""
while len(echo) < len(sent):
    chunk = stream.recv(65536)
    if not chunk:
        break
    echo += chunk
check("every byte comes back", echo == sent, len(echo))
_, reply = connect(ticket)
check("a ticket works once", reply[1] == 2, reply.hex())
answer, _ = call("GET", "/cgi/logout")
check("log-out", answer.status == 200 and "NSC_AAAC" not in cookies)
check("log-out ends the connection", stream.recv(1) == b"")
