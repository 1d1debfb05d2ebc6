"""What the process can do: the running one by /proc, and a probe in its place under the same unit."""
import os
import re

from common import delivery, service
from common.shell import must, run

UNIT = "/run/systemd/system/vesigate-probe.service"
PROBE = "/run/vesigate-tests/probe.py"
MUST_FAIL = [
    "write /usr/bin", "write /etc", "write /etc/vesigate", "write /etc/vesigate/secrets", "write /var/lib",
    "write /home", "write /root", "write /run", "write and execute memory", "make memory executable", "raw packets",
    "netlink", "port 80", "user namespace", "mount", "trace process 1", "become root", "change the personality",
    "set the host's name", "raise the core limit",
]


def scenario(report, world):
    world.app()
    service.start(service.configuration())
    report.check("it delivers under all of it", delivery.deliver().status == 200)
    running(report)
    probe(report)


def running(report):
    facts = status(service.pid())
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        report.check("the process has no capability: %s" % name, int(facts[name], 16) == 0, facts[name])
    report.check("NoNewPrivs", facts["NoNewPrivs"] == "1", facts["NoNewPrivs"])
    # A container's processes have filters of its own already, so their number counts.
    more = int(facts["Seccomp_filters"]) - int(status(1)["Seccomp_filters"])
    report.check("system calls are filtered", facts["Seccomp"] == "2" and more > 0,
                 "Seccomp: %s, %d filters more than process 1" % (facts["Seccomp"], more))
    report.check("of all ids it has only the service's", set(facts["Uid"].split()) != {"0"} and
                 len(set(facts["Uid"].split())) == 1, facts["Uid"])


def status(pid):
    with open("/proc/%d/status" % pid) as file:
        return {line.split(":")[0]: line.split(":", 1)[1].strip() for line in file}


def probe(report):
    """The unit as it is shipped, with the probe for the program."""
    text = must("systemctl", "cat", "vesigate.service").out
    text = re.sub(r"(?m)^(Exec\w+|Type|Restart\w*|WatchdogSec|EnvironmentFile|RuntimeDirectory|StateDirectory(?:Mode)?)=.*\n", "", text)
    text = text.replace("[Service]\n", "[Service]\nType=oneshot\nExecStart=%s\n" % PROBE)
    service.write(UNIT, text)
    must("systemctl", "daemon-reload")
    since = service.now()
    ran = service.systemctl("start", "vesigate-probe")
    found = dict(line.split(": ", 1) for line in
                 service.journal(since=since, unit="vesigate-probe").splitlines() if ": " in line)
    os.remove(UNIT)
    must("systemctl", "daemon-reload")
    report.check("a probe runs in its place", ran.code == 0 and "Seccomp_filters" in found, ran)
    for name in MUST_FAIL:
        report.check("the sandbox denies: %s" % name, found.get(name, "").startswith("denied"),
                     found.get(name, "no outcome"))
    report.check("of other processes it sees none", found.get("other processes") == "0", found.get("other processes"))
    report.check("of devices it sees only the harmless ones", "sda" not in found.get("devices", "sda") and
                 "kmsg" not in found["devices"].split() and "mem" not in found["devices"].split(), found.get("devices"))
    free(report)


def free(report):
    """The same outside of the unit, so that a denial is the unit's doing."""
    account = ("setpriv", "--reuid=vesigate", "--regid=vesigate", "--clear-groups")
    outcome = dict(line.split(": ", 1) for line in run(*account, PROBE).out.splitlines() if ": " in line)
    allowed = [name for name in ("write and execute memory", "make memory executable", "netlink", "user namespace")
               if outcome.get(name) == "done"]
    report.check("without the unit's settings the same probe may do some of it",
                 {"write and execute memory", "make memory executable", "netlink"} <= set(allowed), ", ".join(allowed))
