"""Who can read secrets, and what is left of a process that dies."""
import glob
import os
import signal

from common import delivery, service
from common.shell import run

NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
VESIGATE = ("setpriv", "--reuid=vesigate", "--regid=vesigate", "--init-groups")
API_KEY = "/etc/vesigate/api-keys/vesicash"


def scenario(report, world):
    world.app()
    service.start(service.configuration())
    service.write(API_KEY, "an-api-key\n", mode=0o600)
    files(report)
    memory(report)
    death(report, signal.SIGSEGV)
    death(report, signal.SIGABRT)
    os.remove(API_KEY)
    everyone_elses(report)


def files(report):
    own = run(*VESIGATE, "cat", service.SECRET_FILE)
    report.check("the service's user reads the secret", own.out == service.FIRST + "\n")
    for path in (service.SECRET_FILE, os.path.dirname(service.SECRET_FILE), API_KEY, os.path.dirname(API_KEY)):
        program = "ls" if os.path.isdir(path) else "cat"
        denied = run(*NOBODY, program, path)
        report.check("nobody else may read %s" % path, denied.code != 0 and not denied.out, denied)
    denied = run(*VESIGATE, "cat", API_KEY)
    report.check("the service's user may not read the API key", denied.code != 0 and not denied.out, denied)
    for path in (service.SECRET_FILE, service.CONFIGURATION):
        denied = run(*VESIGATE, "sh", "-c", "echo x >> " + path)
        report.check("nor write %s" % path, denied.code != 0, denied)
    socket = run(*NOBODY, "vesigate", "reload")
    report.check("nobody else may give the daemon commands", socket.code == 77, socket)


def memory(report):
    pid = service.pid()
    for name in ("mem", "environ", "maps"):
        denied = run(*VESIGATE, "cat", "/proc/%d/%s" % (pid, name))
        report.check("not even its own user reads /proc/PID/%s: it is not dumpable" % name,
                     denied.code != 0 and "denied" in denied.err.lower(), denied.err)
    words = open("/proc/%d/cmdline" % pid, "rb").read() + open("/proc/%d/environ" % pid, "rb").read()
    report.check("the secret is in neither arguments nor environment", service.FIRST.encode() not in words)
    limits = open("/proc/%d/limits" % pid).read()
    line = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    report.check("no core file may be written", line.split()[4:6] == ["0", "0"], line)


def death(report, number):
    """CLD_KILLED is 2; CLD_DUMPED, 3, would tell of a core dump."""
    pid = service.pid()
    since = service.now()
    os.kill(pid, number)
    back = service.is_back(pid)
    # systemctl does not say it any more after the restart; the journal does.
    log = service.journal(since=since)
    died = next((line for line in log.splitlines() if "Main process exited" in line), log)
    report.check("%s ends it without a core dump" % number.name,
                 "code=killed" in died and "code=dumped" not in log, died)
    report.check("and without a backtrace in the journal", "Backtrace" not in log and "Thread 0" not in log,
                 "%d lines" % len(log.splitlines()))
    report.check("it is back", back and delivery.deliver().status == 200, "pid %s instead of %d" % (back, pid))
    cores = glob.glob("/core*") + glob.glob("/tmp/*core*") + glob.glob("/run/vesigate/*core*")
    report.check("no core file lies about", not cores, cores)


def everyone_elses(report):
    found = run("journalctl", "--no-pager", "-o", "json", "--grep", service.FIRST, "--case-sensitive=true")
    report.check("the secret is nowhere in the journal", not found.out, found.out)
