"""A process that hangs is killed by systemd's watchdog, and comes back."""
import os
import signal
import time

from common import delivery, service

# Short, so that the test is; long enough for a busy machine to turn every event loop meanwhile.
SECONDS = 5


def scenario(report, world):
    world.app()
    service.drop_in("vesigate.service", "watchdog", "[Service]\nWatchdogSec=%d\n" % SECONDS)
    service.start(service.configuration())
    pid = service.pid()
    time.sleep(2 * SECONDS)
    report.check("a process that lives is left alone", service.pid() == pid and service.show("vesigate", "NRestarts") == "0",
                 "pid %d after %d s, twice WatchdogSec=" % (service.pid(), 2 * SECONDS))
    since = service.now()
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    new = service.is_back(pid)
    report.check("a process that was stopped is replaced", new, "pid %s instead of %d, %.0f s later" % (
        new, pid, time.monotonic() - began))
    log = service.journal(since=since)
    report.check("by the watchdog", "watchdog" in log.lower(),
                 next((line for line in log.splitlines() if "watchdog" in line.lower()), "nothing of it in the journal"))
    answer = delivery.deliver()
    report.check("and delivers", answer.status == 200, answer)
