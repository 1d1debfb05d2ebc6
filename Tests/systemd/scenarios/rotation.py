"""vesigate-rotate@.service against a provider's API, and a failure that is seen."""
import os

from common import delivery, service
from common.provider import Provider
from common.shell import must, run

INSTANCE = "vesigate-rotate@vesicash.service"
API_KEY = "/etc/vesigate/api-keys/vesicash"


def scenario(report, world):
    world.app()
    provider = world.keep(Provider())
    service.write(API_KEY, provider.KEY + "\n", mode=0o600)
    service.start(service.configuration(route=provider.rotation(API_KEY)))
    try:
        rotates(report, world, provider)
        fails(report, provider)
        timer(report)
    finally:
        os.remove(API_KEY)


def rotates(report, world, provider):
    sender = world.sender(rate=200)
    started = service.systemctl("start", INSTANCE)
    report.check("the unit rotates the secret", started.code == 0 and provider.calls == 1,
                 service.journal("-n", "3", unit=INSTANCE))
    outcome = sender.end()
    report.check("what was signed before and during it is accepted", outcome.is_perfect, outcome)
    answer = delivery.deliver(secret=provider.secret)
    report.check("what is signed with the new secret is accepted", answer.status == 200, answer)
    with open(service.SECRET_FILE) as file:
        first = file.readline().strip()
    mode = os.stat(service.SECRET_FILE).st_mode & 0o777
    report.check("the file holds it, and only the service's group may read it", first == provider.secret and
                 mode == 0o640, "%04o" % mode)
    journal = service.journal(unit=INSTANCE)
    report.check("neither key nor secret is in its journal",
                 provider.KEY not in journal and provider.secret not in journal)


def fails(report, provider):
    provider.status = 400
    started = service.systemctl("start", INSTANCE)
    failed = run("systemctl", "--failed", "--plain", "--no-legend").out
    report.check("a rotation that is refused fails", started.code != 0, started)
    report.check("systemctl --failed shows it", INSTANCE in failed, failed)
    status = run("systemctl", "status", "--no-pager", "-l", INSTANCE).out
    report.check("its status says why", "refused" in status and "not now" in status,
                 next((line for line in status.splitlines() if "not now" in line), "nothing of it"))
    answer = delivery.deliver(secret=provider.secret)
    report.check("the secret in force stays so", answer.status == 200, answer)
    provider.status = 200
    again = service.systemctl("start", INSTANCE)
    failed = run("systemctl", "--failed", "--plain", "--no-legend").out
    report.check("the next one repairs it", again.code == 0 and INSTANCE not in failed, failed or "nothing failed")


def timer(report):
    name = "vesigate-rotate@vesicash.timer"
    must("systemctl", "start", name)
    shown = run("systemctl", "list-timers", "--no-pager", "--all", name).out
    report.check("its timer is waiting, once it is started", "vesigate-rotate@vesicash.service" in shown, shown)
    must("systemctl", "stop", name)
