"""docs/backup.md: what its commands bring back onto a machine that has lost everything, and what is lost without the seal."""
import os
import shutil
import time

from common import delivery, service
from common.page import commands
from common.shell import eventually, must, run

FOLDERS = ["/etc/vesigate/secrets", "/etc/vesigate/api-keys", "/var/lib/vesigate"]
BACKUP = "/var/backups/vesigate"
DURABLE = service.configuration(route="durable: true")


def scenario(report, world):
    try:
        service.start(DURABLE)
        # No app: it waits.
        answer = delivery.deliver(b'{"n":"kept for later"}')
        report.check("a delivery is kept", answer.status == 200, answer)
        sender = world.sender(rate=500)
        # More than one step of the copy, which would begin anew with each delivery.
        time.sleep(4)
        done = run("sh", "-ec", commands("backup.md", "Make one", "sh backup")[0])
        kept = set(os.listdir(BACKUP)) if os.path.isdir(BACKUP) else set()
        report.check("the commands of backup.md make a backup beside the running daemon", done.code == 0 and
                     kept == {"queue.db", "seal.key", "etc.tar"}, "%s %s" % (done, kept))
        outcome = sender.end()
        report.check("which goes on, and takes deliveries all the while", outcome.is_perfect, outcome)
        report.check("and afterwards", delivery.deliver(b'{"n":"after the backup"}').status == 200)
        lose_everything()
        restored(report, world)
        without_seal(report)
    finally:
        service.stop()
        for path in ("/var/lib/vesigate", BACKUP):
            shutil.rmtree(path, ignore_errors=True)
        service.write_configuration(service.configuration())


def lose_everything():
    service.stop()
    for folder in FOLDERS:
        shutil.rmtree(folder)
    os.remove(service.CONFIGURATION)


def restored(report, world):
    done = run("sh", "-ec", commands("backup.md", "Restore it", "sh restore")[0])
    report.check("its commands bring back what was lost", done.code == 0 and service.state() == "active" and
                 "/webhooks/vesicash" in done.out, done)
    app = world.app()
    waiting = ("vesigate", "queue", "list", "--state", "queued")
    drained = eventually(lambda: app.numbers["kept for later"] and not run(*waiting).out.strip(), 90)
    report.check("what was kept is delivered, as verified", drained and app.unverified == 0, "%d deliveries" % app.count)
    report.check("what came after the backup is not, as the page says", app.numbers["after the backup"] == 0)
    report.check("the secrets are as they were", delivery.deliver(b'{"event":"now"}').status == 200)
    found = {path: "%04o" % (os.stat(path).st_mode & 0o7777) for path in FOLDERS + [service.SECRET_FILE]}
    report.check("modes too", found == dict(zip(FOLDERS + [service.SECRET_FILE], ("2750", "0700", "0700", "0640"))), found)


def without_seal(report):
    """The seal is lost: the daemon says so, and sends nothing of what it cannot prove."""
    service.stop()
    os.remove("/var/lib/vesigate/seal.key")
    service.systemctl("start", "vesigate")
    since = service.journal()
    report.check("without its seal nothing of the store is used, and the log says which key is missing",
                 "seal.key" in since, [line for line in since.splitlines() if "seal.key" in line][-1:])
    must("systemctl", "reset-failed")
