"""Without a secret it refuses to serve and says how to set one; then it starts."""
import os
import time

from common import delivery, service
from common.shell import eventually, run

COMMAND = "vesigate secret set"


def scenario(report, world):
    if os.path.exists(service.SECRET_FILE):
        os.remove(service.SECRET_FILE)
    refuses(report)
    sets_one(report)
    starts(report)
    delivers(report, world)


def refuses(report):
    started = service.systemctl("start", "vesigate")
    report.check("without a secret the service does not start", started.code != 0, started)
    time.sleep(3)
    restarts, state = service.show("vesigate", "NRestarts"), service.state()
    report.check("it is not tried again and again", restarts == "0" and state == "failed",
                 "%s, %s restarts, 3 s later" % (state, restarts))
    status = service.systemctl("status", "--no-pager", "-l", "vesigate").out
    report.check("systemctl status says which command sets one", COMMAND in status, line_with(COMMAND, status))
    journal = service.journal()
    report.check("the journal says so too", COMMAND in journal, line_with(COMMAND, journal))
    listens = run("ss", "-Hltnp", "sport = :%d" % service.PORT).out
    report.check("the port is systemd's alone", '"systemd",pid=1,' in listens and "vesigate" not in listens, listens)


def sets_one(report):
    done = run("vesigate", "secret", "set", stdin=service.FIRST + "\n")
    report.check("vesigate secret set takes one from standard input", done.code == 0, done)
    report.check("it says what starts the service", "systemctl start vesigate" in done.text, done)
    report.check("the secret is not in what it said", service.FIRST not in done.text)
    found = os.stat(service.SECRET_FILE)
    report.check("the file is readable for the service's group and for nobody else",
                 found.st_mode & 0o777 == 0o640 and found.st_uid == 0, "%04o" % (found.st_mode & 0o7777))


def starts(report):
    service.systemctl("reset-failed", "vesigate")
    started = service.systemctl("start", "vesigate")
    report.check("now it starts", started.code == 0 and service.state() == "active", started)
    listens = run("ss", "-Hltn", "sport = :%d" % service.PORT).out
    report.check("systemctl start returns when it listens (READY=1)", str(service.PORT) in listens, listens)
    text = service.status_text()
    report.check("the status says what it listens on and which secrets it has",
                 ":%d" % service.PORT in text and "vesicash=" in text, text)
    status = service.systemctl("status", "--no-pager", "vesigate").out
    report.check("systemctl status shows that line", text in status)
    report.check("it runs as the user vesigate", eventually(
        lambda: run("ps", "-o", "user=", "-p", str(service.pid())).out.strip() == "vesigate", 10))


def delivers(report, world):
    """With the configuration as it was installed."""
    app = world.app()
    answer = delivery.deliver()
    report.check("the installed example delivers to an app on 127.0.0.1:8000", answer.status == 200 and app.count == 1,
                 answer)


def line_with(text, lines):
    return next((line for line in lines.splitlines() if text in line), "no such line")
