#!/usr/bin/python3 -B
"""Runs inside the booted Debian 12, as root: README.md word by word, from the package on, in its own order.

What is typed comes from the page alone. This file says who sits before the terminal, what else there is in his world
(a name, a certificate, a provider), and what he has to see.
"""
import os
import re
import shutil
import socket
import sys
import time

from common import delivery, service
from common.page import blocks
from common.provider import API_PORT, Provider
from common.report import Report
from common.shell import eventually, must, run
from common.terminal import Session

OUT = "/run/vesigate-out"
README = "/run/README.md"
FOLDER = "/root/first-day"
NAME = "hooks.example.com"
API = "api.mor.vesicash.com"
SECRET_ASKED = (r"secret of \S+ \(it is not shown\): $", service.FIRST + "\n")


class Operator:
    def __init__(self, report):
        self.report = report
        self.waiting = []
        self.provider = None
        # (heading, which of its blocks): what happens around it, and what has to be seen.
        self.days = {
            ("Install it", 0): self.installs,
            ("Send a test", 0): self.starts_app,
            ("Send a test", 1): self.sends,
            ("Send a test", 2): self.forges,
            ("Your app", 0): self.configures,
            ("Your app", 1): self.reloads,
            ("Put TLS before it", 0): self.copies_site,
            ("Put TLS before it", 1): self.sends_by_tls,
            ("When my app is down", 0): self.ends_app,
            ("When my app is down", 1): self.starts_app_again,
            ("A delivery was refused", 0): self.captures,
            ("A delivery was refused", 1): self.diagnoses,
            ("Rotate", 0): self.rotates,
        }

    def follow(self, page):
        # The last folder of the deb's way: somebody has copied it here.
        os.makedirs(FOLDER, exist_ok=True)
        name = re.search(r"apt install \./(\S+\.deb)", page).group(1)
        shutil.copy("/run/vesigate.deb", os.path.join(FOLDER, name))
        counts, followed = {}, []
        for block in blocks(page):
            if not (block.kind == "yaml" or block.kind.split(" ")[0] == "sh"):
                continue
            key = (block.heading, counts.setdefault(block.heading, 0))
            counts[block.heading] += 1
            step = self.days.get(key)
            if not self.report.check("somebody knows what to see of block %d below %s" % (key[1] + 1, key[0]), step):
                return
            followed.append(key)
            self.report.begin("%s, block %d" % (key[0], key[1] + 1))
            step(block.text)
        self.report.check("all of the page was followed", followed == list(self.days), len(followed))

    def types(self, text, answers=(), seconds_max=120):
        session = Session(text, FOLDER, answers)
        session.wait(seconds_max)
        return session

    def sees(self, what, session, *patterns, code=0):
        """What was to be seen, and the code of the last command."""
        missing = [pattern for pattern in patterns if not re.search(pattern, session.text)]
        return self.report.check(what, session.code == code and not missing,
                                 "exit code %d%s; %s" % (
                                     session.code, ", not seen: %s" % missing if missing else "", session.text[-700:]))

    def looks_again(self, what, session, text, *patterns):
        """The same, where a line of the journal may take a moment: who does not see it looks once more."""
        end = time.monotonic() + 20
        last = text.rstrip().splitlines()[-1]
        while time.monotonic() < end and any(not re.search(pattern, session.text) for pattern in patterns):
            time.sleep(0.5)
            again = self.types(last)
            session.bytes += again.bytes
        self.sees(what, session, *patterns)

    # The page, part by part.

    def installs(self, text):
        session = self.types(text, [SECRET_ASKED], seconds_max=240)
        self.sees("it installs, takes the secret at its prompt, checks and starts", session, r"ok, 1 route")
        self.report.check("the secret was not shown", service.FIRST not in session.text)
        self.report.check("the service runs", service.state() == "active", service.status_text())
        enabled = run("systemctl", "is-enabled", "vesigate.socket").out.strip()
        self.report.check("systemd holds the port", enabled == "enabled" and service.state("vesigate.socket") == "active",
                          "%s, %s" % (enabled, service.state("vesigate.socket")))
        descriptors = os.listdir("/proc/%d/fd" % service.pid())
        self.report.check("and the service has it from there", "3" in descriptors and
                          os.readlink("/proc/%d/fd/3" % service.pid()).startswith("socket:"), service.status_text())
        warned = service.journal("-p", "warning").splitlines()
        self.report.check("nothing is warned of", not warned, warned)

    def starts_app(self, text):
        session = self.types(text)
        self.sees("the app that comes with the package starts", session)
        self.report.check("it listens", eventually(lambda: connects(8000), 30))

    def sends(self, text):
        session = self.types(text)
        self.looks_again("a delivery signed by vesigate gets 200, and the app saw the mark", session, text,
                         r"HTTP/1\.1 200", r'"x_verified": \["true"\]')

    def forges(self, text):
        session = self.types(text)
        self.looks_again("a forged one gets 401, and the log says why", session, text,
                         r"HTTP/1\.1 401", r"/webhooks/vesicash", r"reason=\S+-missing")
        self.report.check("the app did not hear of it", app_lines() == 1, app_lines())

    def configures(self, text):
        place = re.match(r"# (/\S+)\n", text).group(1)
        service.write(place, text)
        self.report.check("the file has its place", place == service.CONFIGURATION, place)

    def reloads(self, text):
        session = self.types(text)
        self.sees("the file that is shown passes check and reload", session, r"ok, 1 route")
        self.report.check("nothing is warned of", "warning" not in session.text, session.text)

    def copies_site(self, text):
        self.sees("nginx is there, and the site's files are where the page copies them from", self.types(text))
        # The name leads to this machine, and somebody whom it trusts vouches for the certificate.
        make_certificate(NAME, "/etc/ssl/vesigate")

    def sends_by_tls(self, text):
        session = self.types(text)
        self.sees("a delivery comes through nginx by TLS", session, r"HTTP/1\.1 200")
        line = eventually(lambda: re.search(r"outcome=stored.*remote=\S+", service.journal()), 20)
        self.report.check("it is kept before it is sent on", line, line and line.group(0))

    def ends_app(self, text):
        session = self.types(text)
        self.sees("while the app is down a delivery is answered 200, and waits", session, r"HTTP/1\.1 200", r"queued|sending")

    def starts_app_again(self, text):
        session = self.types(text, seconds_max=180)
        self.looks_again("the app gets what it missed", session, text, r'"x_verified": \["true"\]')
        listed = eventually(lambda: not re.search("queued|sending", run("vesigate", "queue", "list").out), 60)
        self.report.check("nothing waits any more", listed, run("vesigate", "queue", "list").out)

    def captures(self, text):
        session = Session(text, FOLDER)
        self.waiting.append(session)
        # A sender of another kind than the route expects: the time is in milliseconds.
        time.sleep(2)
        answer = delivery.deliver(in_milliseconds=True)
        session.wait(60)
        self.sees("capture waits for the refused delivery, and saves it", session, r"refused-\S+\.http")
        self.report.check("whose sender had 401", answer.status == 401, answer)

    def diagnoses(self, text):
        session = self.types(text)
        self.sees("diagnose names the setting", session, r"timestamp-unit: milliseconds")

    def rotates(self, text):
        self.provider = Provider()
        make_certificate(API, "/etc/ssl/provider")
        service.write("/etc/nginx/conf.d/provider.conf", PROVIDER_SITE)
        must("systemctl", "reload", "nginx")
        asked = [(r"API key:", Provider.KEY + "\n"), (r"\[y/N\] $", "y\n")]
        session = self.types(text, asked, seconds_max=180)
        self.sees("the secret is replaced at the provider, after one question", session, r"vesicash")
        self.report.check("the provider was called once", self.provider.calls == 1, self.provider.calls)
        self.report.check("the key was not shown", Provider.KEY not in session.text)
        answer = delivery.deliver(body=b'{"event":"signed with the new secret"}', secret=self.provider.secret)
        self.report.check("what is signed with the new secret is accepted", answer.status == 200, answer)

    def close(self):
        for session in self.waiting:
            session.close()
        if self.provider:
            self.provider.close()


PROVIDER_SITE = """server {
    listen 443 ssl;
    server_name %s;
    ssl_certificate /etc/ssl/provider/cert.pem;
    ssl_certificate_key /etc/ssl/provider/key.pem;
    location / { proxy_pass http://127.0.0.1:%d; }
}
""" % (API, API_PORT)


def connects(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def app_lines():
    run("journalctl", "--sync")
    return run("journalctl", "-u", "demo-app", "-o", "cat", "--no-pager").out.count("x_verified")


def make_certificate(name, folder):
    """A certificate of this machine's, which it trusts, for a name that leads to it."""
    os.makedirs(folder, exist_ok=True)
    must("openssl", "req", "-x509", "-days", "2", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=" + name,
         "-addext", "subjectAltName=DNS:" + name, "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem")
    shutil.copy(folder + "/cert.pem", "/usr/local/share/ca-certificates/%s.crt" % name)
    must("update-ca-certificates")
    with open("/etc/hosts", "a") as file:
        file.write("127.0.0.1 %s\n" % name)


def main():
    began = time.monotonic()
    with open(OUT + "/lines", "a", buffering=1) as lines, open(README) as page:
        report = Report(lines)
        report.begin("README.md")
        must("systemctl", "start", "multi-user.target")
        operator = Operator(report)
        try:
            operator.follow(page.read())
        except Exception as error:
            report.broke(error)
        finally:
            operator.close()
        if report.failed:
            with open(OUT + "/journal", "w") as journal:
                journal.write(run("journalctl", "--no-pager", "-o", "short-precise").out)
        print("seconds: %.0f in all" % (time.monotonic() - began), file=lines)
        print("%d passed, %d failed" % (report.passed, report.failed), file=lines)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
