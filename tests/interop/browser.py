#!/usr/bin/env python3
"""Every page of `sim lab` in headless Chromium, as a person uses it: keyboard, no script, light and dark, phone and desktop.

PORTAL and PAGES are the addresses that `sim lab` prints. Chromium is spoken to by the DevTools protocol over a pipe,
so that nothing but Python's standard library is needed.
"""
import argparse
import base64
import fcntl
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 60
DEVICES = {"": (1100, 760), "-phone": (390, 844)}
SCHEMES = {"": "light", "-dark": "dark"}
PICTURES = {
    "gateway-login-error-phone-dark", "gateway-challenge", "gateway-error", "gateway-signed-out", "store-apps",
    "lab-index", "lab-codes-phone", "lab-codes-phone-dark", "lab-sequence",
}
WITH_SECOND_FACTOR, WITH_MAIL, WITHOUT = ("alice", "Winter-26"), ("dora", "Summer-26"), ("carol", "Autumn-26")


def check(what, holds, seen=""):
    if not holds:
        sys.exit(f"FAIL {what}: {seen}")
    print(f"ok   {what}")


class Browser:
    """A Chromium of its own profile. What pages report while nobody asks is kept in `events`."""

    def __init__(self, profile):
        (for_it, to_it), (from_it, by_it) = os.pipe(), os.pipe()

        def descriptors():
            # Chromium reads at 3 and writes at 4. Copies first: these numbers may be in use.
            copies = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (for_it, by_it)]
            for copy, wanted in zip(copies, (3, 4)):
                os.dup2(copy, wanted)

        command = ["chromium", "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={profile}", "--no-first-run",
                   "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--hide-scrollbars"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")
        self.process = subprocess.Popen(
            command, pass_fds=(3, 4), preexec_fn=descriptors, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(for_it), os.close(by_it)
        self.to_it, self.from_it = os.fdopen(to_it, "wb"), os.fdopen(from_it, "rb")
        self.unread, self.asked, self.events = b"", 0, []

    def ask(self, method, session=None, **params):
        """One command and its answer; None when the page it was for has gone."""
        self.asked += 1
        command = {"id": self.asked, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        self.to_it.write(json.dumps(command).encode() + b"\0")
        self.to_it.flush()
        while True:
            message = self.next_message()
            if message.get("id") == self.asked:
                return message.get("result")
            if "method" in message:
                self.events.append(message)

    def next_message(self):
        while b"\0" not in self.unread:
            chunk = self.from_it.read1(65536)
            if not chunk:
                sys.exit("FAIL Chromium has ended")
            self.unread += chunk
        message, self.unread = self.unread.split(b"\0", 1)
        return json.loads(message)

    def tab(self):
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        return Tab(self, self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])

    def end(self):
        self.ask("Browser.close")
        self.process.wait(PATIENCE_S)


class Tab:
    """A page without script."""

    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        for domain in ("Page", "Log", "Audits", "Network", "Accessibility"):
            self.ask(f"{domain}.enable")
        # The lab's authority is nobody's; that its certificates are good is seen by openssl in tls.sh.
        self.ask("Security.setIgnoreCertificateErrors", ignore=True)
        self.ask("Emulation.setScriptExecutionDisabled", value=True)
        self.ask("Emulation.setFocusEmulationEnabled", enabled=True)

    def ask(self, method, **params):
        return self.browser.ask(method, self.session, **params)

    def look(self, expression):
        """The value of an expression. The protocol may look although pages may not run anything."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return (answer or {}).get("result", {}).get("value")

    def until(self, what, expression):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if self.look(f"document.readyState === 'complete' && !!({expression})"):
                return
            time.sleep(0.05)
        text = self.look("document.title + ' | ' + document.body.innerText")
        sys.exit(f"FAIL {what} did not come, but {text!r}")

    def go(self, url):
        # A tab behind another one draws nothing, and gives nothing the focus.
        self.ask("Page.bringToFront")
        # The page before may look like the one that is awaited; what is typed into it is lost.
        self.look("globalThis.left = true")
        self.ask("Page.navigate", url=url)
        self.until(f"another page than before, at {url}", "!globalThis.left")

    def title(self, wanted):
        self.until(f"the page {wanted!r}", f"document.title.startsWith({json.dumps(wanted)})")

    def press(self, key):
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                     **(text if kind == "keyDown" else {}))

    def type(self, *fields):
        """Fills fields one after the other, from the one that has the focus, and sends the form."""
        self.until("a field with the focus", "document.activeElement?.matches('input')")
        for field in fields[:-1]:
            self.ask("Input.insertText", text=field)
            self.press("Tab")
        self.ask("Input.insertText", text=fields[-1])
        self.press("Enter")

    def follow(self, selector):
        """Moves the focus to an element by keyboard, and presses Enter on it."""
        for _ in range(40):
            if self.look(f"document.activeElement.matches({json.dumps(selector)})"):
                return self.press("Enter")
            self.press("Tab")
        sys.exit(f"FAIL no Tab leads to {selector}")


class Inspector:
    """What must hold for every page; pictures of those that are in the documentation."""

    def __init__(self, browser, pictures):
        self.browser, self.pictures = browser, pictures

    def page(self, name, tab, focus=None):
        tree = tab.ask("Accessibility.getFullAXTree")["nodes"]
        nameless = [node["role"]["value"] for node in tree
                    if not node.get("ignored") and node["role"]["value"] in ("textbox", "button", "link", "combobox", "image")
                    and not node.get("name", {}).get("value")]
        check(f"{name}: whatever can be used has a name", not nameless, nameless)
        if focus:
            tab.until(f"the focus on {focus}", f"document.activeElement.id === {json.dumps(focus)}")
            check(f"{name}: the focus is where typing begins", True)
        plain = tab.look("""[
            document.documentElement.lang === 'en', document.querySelectorAll('h1').length === 1,
            !document.querySelector('script, [style], [onclick], [onload]'), !!document.querySelector('meta[name=viewport]'),
            [...document.querySelectorAll('input:not([type=hidden]), select')].every(field => field.labels.length === 1),
        ].join()""")
        check(f"{name}: language, one heading, no script, a viewport, a label per field", plain == ",".join(["true"] * 5), plain)
        for device, (width, height) in DEVICES.items():
            for scheme, media in SCHEMES.items():
                tab.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=bool(device))
                tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": media}])
                self.looks(name + device + scheme, tab)
        tab.ask("Emulation.clearDeviceMetricsOverride")
        self.nothing_refused(name)

    def looks(self, name, tab):
        seen = tab.look("""(() => {
            const light = colour => { const [r, g, b] = colour.match(/[0-9.]+/g); return (+r + +g + +b) / 3 };
            const body = getComputedStyle(document.body);
            return {wide: document.documentElement.scrollWidth - innerWidth, ground: light(body.backgroundColor), ink: light(body.color)};
        })()""")
        readable = seen["ground"] - seen["ink"] if not name.endswith("-dark") else seen["ink"] - seen["ground"]
        check(f"{name}: fits, and is readable", seen["wide"] <= 0 and readable > 100, seen)
        if self.pictures and name in PICTURES:
            picture = tab.ask("Page.captureScreenshot", format="png")["data"]
            with open(os.path.join(self.pictures, name + ".png"), "wb") as file:
                file.write(base64.b64decode(picture))

    def nothing_refused(self, name):
        """The browser has refused nothing, and every page came with a strict policy."""
        refused, loose = [], []
        for event in self.browser.events:
            params = event["params"]
            if event["method"] == "Audits.issueAdded" and "ContentSecurityPolicy" in params["issue"]["code"]:
                refused.append(params["issue"]["details"])
            if event["method"] == "Log.entryAdded" and params["entry"]["source"] == "security":
                refused.append(params["entry"]["text"])
            if event["method"] == "Network.responseReceived" and params["response"]["mimeType"] == "text/html":
                fields = {field.lower(): value for field, value in params["response"]["headers"].items()}
                policy = fields.get("content-security-policy", "")
                if not policy.startswith("default-src '") or "unsafe" in policy:
                    loose.append((params["response"]["url"], policy))
        self.browser.events.clear()
        check(f"{name}: a strict policy, and nothing against it", not refused and not loose, (refused, loose))


def log_in(tab, portal, user, password):
    tab.go(portal)
    tab.title("Log in")
    tab.type(user, password)


def code_for(phone, pages, user):
    """What the phone shows this user now."""
    phone.go(pages + "phone?hold")
    phone.until(f"a code for {user}", f"document.querySelector('li.new')?.innerText.includes({json.dumps(user)})")
    return phone.look("document.querySelector('li.new .code').innerText.trim()")


def gateway(inspect, tab, phone, portal, pages):
    tab.go(portal)
    tab.title("Log in")
    inspect.page("gateway-login", tab, focus="login")
    tab.type(WITHOUT[0], "nonsense")
    tab.until("a message", "document.querySelector('[role=alert]')")
    inspect.page("gateway-login-error", tab, focus="login")
    log_in(tab, portal, *WITH_SECOND_FACTOR)
    tab.title("One more step")
    inspect.page("gateway-challenge", tab, focus="response")
    code = code_for(phone, pages, WITH_SECOND_FACTOR[0])
    tab.type("000000" if code != "000000" else "111111")
    tab.until("a message", "document.querySelector('[role=alert]')")
    check("a wrong code is refused", tab.look("document.title").startswith("Log in"))
    log_in(tab, portal, *WITH_SECOND_FACTOR)
    tab.title("One more step")
    tab.type(code_for(phone, pages, WITH_SECOND_FACTOR[0]))
    tab.title("Store")


def launch(inspect, tab, client):
    inspect.page("store-log-on", tab)
    tab.follow("button")
    tab.until("the list of apps", "document.querySelector('li a')")
    inspect.page("store-apps", tab)
    folder = tempfile.mkdtemp()
    inspect.browser.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder, eventsEnabled=True)
    tab.follow("li a")
    end = time.monotonic() + PATIENCE_S
    while not (files := [name for name in os.listdir(folder) if not name.endswith(".crdownload")]):
        check("the ICA file comes", time.monotonic() < end, "nothing")
        tab.look("0")
        time.sleep(0.05)
    with open(os.path.join(folder, files[0]), encoding="ascii") as file:
        address = re.search(r"(?m)^Address=;40;(\w+);\w+$", file.read())
    check("a click brings an ICA file with a ticket", files[0].endswith(".ica") and address, files)
    ran = subprocess.run([*shlex.split(client), os.path.join(folder, files[0])], capture_output=True, text=True, check=False)
    check("which a client opens", ran.returncode == 0, ran.stdout + ran.stderr)
    shutil.rmtree(folder)


def the_end(inspect, tab, portal):
    tab.go(portal + "nothing-here")
    tab.title("This did not work")
    shown = tab.look("document.querySelector('code').innerText")
    check("a refusal shows its reason code", shown == "not-found", shown)
    inspect.page("gateway-error", tab)
    tab.go(portal + "cgi/logout")
    tab.title("Signed out")
    inspect.page("gateway-signed-out", tab)
    tab.follow("a")
    tab.title("Log in")
    tab.go(portal + "Citrix/StoreWeb/")
    tab.title("Log in")
    check("without a session every page asks for a log-in", True)


def mailed(inspect, tab, phone, portal, pages):
    """The device is known after the first time, so only that brings an e-mail."""
    log_in(tab, portal, *WITH_MAIL)
    tab.title("One more step")
    code = code_for(phone, pages, WITH_MAIL[0])
    inspect.page("lab-codes", phone)
    tab.type(code)
    tab.title("Store")
    check("an e-mail's passcode lets its user in", True)
    tab.go(portal + "cgi/logout")
    tab.title("Signed out")
    log_in(tab, portal, *WITH_MAIL)
    tab.title("Store")
    check("a registered device is asked no more", True)


def lab(inspect, tab, pages):
    tab.go(pages)
    tab.title("Lab")
    inspect.page("lab-index", tab)
    tab.follow("form button")
    tab.title("Sequence")
    tab.until("a drawing", "document.querySelector('svg')")
    inspect.page("lab-sequence", tab)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("portal", metavar="PORTAL")
    arguments.add_argument("pages", metavar="PAGES")
    arguments.add_argument("--client", required=True, help="the command that opens an ICA file, whose name is appended")
    arguments.add_argument("--screenshots", metavar="FOLDER", help="where to take the pictures that docs/lab.md shows anew")
    wanted = arguments.parse_args()
    portal, pages = wanted.portal, wanted.pages
    profile = tempfile.mkdtemp()
    browser = Browser(profile)
    try:
        inspect = Inspector(browser, wanted.screenshots)
        tab, phone = browser.tab(), browser.tab()
        gateway(inspect, tab, phone, portal, pages)
        launch(inspect, tab, wanted.client)
        the_end(inspect, tab, portal)
        mailed(inspect, tab, phone, portal, pages)
        lab(inspect, tab, pages)
        browser.end()
    finally:
        browser.process.kill()
        shutil.rmtree(profile, ignore_errors=True)


main()
