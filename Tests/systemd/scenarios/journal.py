"""A line for each delivery in the journal, with fields, and none of them dropped."""
import json

from common import delivery, service
from common.shell import eventually, must

COUNT = 20000
# At full speed journald itself is slower than the daemon, which then says how many lines it had to leave out.
RATE = 1000
# So that 20,000 lines would be too many, however much room the journal's disk has: its burst grows with that.
# And so that it keeps them: the memory behind /run is small.
JOURNALD = "[Journal]\nRateLimitIntervalSec=30s\nRateLimitBurst=1000\n" \
    "Storage=persistent\nSystemMaxUse=300M\nSystemKeepFree=1M\n"
DROP_IN = "/run/systemd/journald.conf.d/burst.conf"


def scenario(report, world):
    world.app()
    service.start(service.configuration())
    fields(report)
    must("mkdir", "-p", "/run/systemd/journald.conf.d")
    service.write(DROP_IN, JOURNALD)
    must("systemctl", "restart", "systemd-journald")
    must("journalctl", "--flush")
    none_dropped(report, world)
    others_are(report)


def entries(since):
    lines = service.journal(since=since, output="json").splitlines()
    return [json.loads(line) for line in lines]


def fields(report):
    since = service.now()
    delivery.deliver(extra={"X-Request-Id": "request-4711"})
    delivery.deliver(secret="not-the-secret")
    found = [entry for entry in entries(since) if "VESIGATE_OUTCOME" in entry]
    report.check("each delivery is an entry of the journal", len(found) == 2, "%d entries" % len(found))
    if len(found) != 2:
        return
    # Each event loop writes its own lines: theirs may change places.
    good, bad = sorted(found, key=lambda entry: entry["VESIGATE_OUTCOME"])
    wanted = {"VESIGATE_ROUTE": service.PATH, "VESIGATE_OUTCOME": "forwarded", "VESIGATE_STATUS": "200",
              "VESIGATE_REQUEST_ID": "request-4711"}
    seen = {name: good.get(name) for name in wanted}
    report.check("it has fields for route, outcome, status and request id", seen == wanted, seen)
    report.check("a refused one says why", (bad.get("VESIGATE_STATUS"), bad.get("VESIGATE_REASON")) ==
                 ("401", "mismatch"), "%s %s" % (bad.get("VESIGATE_STATUS"), bad.get("VESIGATE_REASON")))
    by_field = service.journal("VESIGATE_REQUEST_ID=request-4711")
    report.check("journalctl finds it by a field", "request-4711" in by_field and by_field.count("\n") == 1, by_field)


def none_dropped(report, world):
    since = service.now()
    outcome = world.sender(rate=RATE, count=COUNT).wait(300)
    report.check("%d deliveries, %d a second, are accepted" % (COUNT, RATE), outcome.is_perfect, outcome)
    # Lines are written behind the answers.
    eventually(lambda: len(service.journal("VESIGATE_OUTCOME=forwarded", since=since).splitlines()) >= COUNT, pause=1)
    found = [entry for entry in entries(since) if entry.get("VESIGATE_OUTCOME") == "forwarded"]
    report.check("%d lines are in the journal" % COUNT, len(found) == COUNT, "%d lines" % len(found))
    report.check("no two are of the same delivery",
                 len({entry["VESIGATE_REQUEST_ID"] for entry in found}) == len(found))


def others_are(report):
    """The same number of lines from a unit without LogRateLimitIntervalSec=0."""
    must("systemd-run", "--wait", "--unit=chatter", "seq", str(COUNT))
    count = len(service.journal(unit="chatter").splitlines())
    report.check("a unit without LogRateLimitIntervalSec=0 would lose some here", 0 < count < COUNT,
                 "%d of %d lines are left" % (count, COUNT))
