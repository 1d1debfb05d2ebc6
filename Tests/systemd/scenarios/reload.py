"""Reloads under load, and reloads of what is not usable, by systemctl and by a signal."""
import os
import signal

from common import delivery, service
from common.service import FIRST, SECOND
from common.shell import eventually

RELOADS = 50


def scenario(report, world):
    app = world.app()
    service.start(service.configuration(), secrets=(FIRST, SECOND))
    pid = service.pid()
    under_load(report, world, app)
    refused(report, world, "a bad configuration", spoil_configuration)
    refused(report, world, "a bad secret file", spoil_secrets)
    hangup(report, world)
    report.check("it has been one process all the time", service.pid() == pid, "pid %d" % pid)


def under_load(report, world, app):
    """Both secrets sign, in turn; the file holds both, each time in the other order."""
    sender = world.sender(rate=1000, secrets=(FIRST, SECOND))
    codes = []
    for turn in range(RELOADS):
        service.write_secrets(*((FIRST, SECOND) if turn % 2 else (SECOND, FIRST)))
        codes.append(service.systemctl("reload", "vesigate").code)
    outcome = sender.end()
    report.check("systemctl reload succeeds %d times" % RELOADS, codes == [0] * RELOADS, "exit codes %s" % set(codes))
    report.check("every delivery meanwhile is accepted", outcome.is_perfect, outcome)
    report.check("the app saw each exactly once, marked",
                 len(app.numbers) == outcome.sent and app.twice == 0 and app.unverified == 0,
                 "%d different, %d twice, %d without the mark" % (len(app.numbers), app.twice, app.unverified))
    report.check("the status tells of the last reload", "generation %d" % (RELOADS + 1) in service.status_text(),
                 service.status_text())


def spoil_configuration():
    service.write_configuration(service.configuration(route="tolerance: 3"))
    return "vesigate.yaml:6:5"


def spoil_secrets():
    os.chmod(service.SECRET_FILE, 0o644)
    return service.SECRET_FILE


def refused(report, world, what, spoil):
    sender = world.sender(rate=200, secrets=(FIRST, SECOND))
    place = spoil()
    reloaded = service.systemctl("reload", "vesigate")
    report.check("with %s systemctl reload fails" % what, reloaded.code != 0, reloaded)
    status = service.systemctl("status", "--no-pager", "-l", "vesigate").out
    line = next((line for line in status.splitlines() if line.strip().startswith("Status:")), "no Status: line")
    report.check("systemctl status has the reason in its Status: line", "refused" in line and place in line, line)
    answer = delivery.deliver()
    report.check("deliveries go on with the old one", answer.status == 200 and service.state() == "active", answer)
    repair()
    reloaded = service.systemctl("reload", "vesigate")
    report.check("repaired, it reloads again, and the status says so",
                 reloaded.code == 0 and "refused" not in service.status_text(), service.status_text())
    outcome = sender.end()
    report.check("no delivery noticed any of it", outcome.is_perfect, outcome)


def repair():
    service.write_configuration(service.configuration())
    service.write_secrets(FIRST, SECOND)


def hangup(report, world):
    before = service.status_text()
    service.write_secrets(SECOND)
    os.kill(service.pid(), signal.SIGHUP)
    # Between the two the status says that files are being read.
    changed = eventually(lambda: "generation" in service.status_text() and service.status_text() != before)
    report.check("kill -HUP reloads as well", changed, service.status_text())
    old, new = delivery.deliver(secret=FIRST), delivery.deliver(secret=SECOND)
    report.check("the secret that was removed verifies nothing any more", (old.status, new.status) == (401, 200),
                 "%s for the old one, %s for the new one" % (old.status, new.status))
    spoil_configuration()
    os.kill(service.pid(), signal.SIGHUP)
    report.check("a bad configuration is refused, and the status says why",
                 eventually(lambda: "vesigate.yaml:6:5" in service.status_text()), service.status_text())
    report.check("and the service goes on", delivery.deliver(secret=SECOND).status == 200 and
                 service.state() == "active", service.state())
    repair()
