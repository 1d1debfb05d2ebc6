"""A signed delivery through to a Python app that knows nothing of signatures, and a forged one."""
import hashlib
import json
import subprocess
import sys
import threading

from common import delivery, service
from common.shell import must, run

APP = "/run/demo-app.py"
BODY = b'{"event":"payment.completed","data":{"amount":3.1,"note":"\xc3\xa4\\u0000 \t end"}}\n'


class DemoApp:
    """The demo's app, unchanged, and the lines it prints."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", APP, "8000"], stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.process.stdout.readline()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def close(self):
        self.process.kill()
        self.process.wait()


def scenario(report, world):
    service.start(service.configuration())
    app = world.keep(DemoApp())
    answer = delivery.deliver(BODY, extra={"X-Verified": "forged"})
    report.check("a signed delivery gets the app's own answer", answer.status == 200 and "received" in answer.text,
                 answer)
    seen = app.lines[-1] if app.lines else {}
    report.check("the app saw X-Verified: true, once", seen.get("x_verified") == ["true"], seen.get("x_verified"))
    report.check("the body arrived byte for byte", seen.get("sha256") == hashlib.sha256(BODY).hexdigest(),
                 "%s bytes, sha256 %s" % (seen.get("body_bytes"), seen.get("sha256")))
    forged = delivery.deliver(BODY, secret="not-the-secret", extra={"X-Verified": "true"})
    report.check("a forged one gets 401", forged.status == 401, forged)
    report.check("the app saw nothing of it", len(app.lines) == 1, "%d deliveries" % len(app.lines))
    own_tools(report, app)


def own_tools(report, app):
    with open("/run/body.json", "wb") as file:
        file.write(BODY)
    url = "http://127.0.0.1:%d%s" % (service.PORT, service.PATH)
    sent = run("vesigate", "send", "--url", url, "/run/body.json")
    report.check("vesigate send delivers", sent.code == 0 and len(app.lines) == 2, sent)
    signed = must("vesigate", "sign", "/run/body.json").out
    posted = run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "@-", "--data-binary",
                 "@/run/body.json", url, stdin=signed)
    report.check("what vesigate sign prints makes curl's delivery genuine", posted.out == "200", posted)
