"""A fresh Debian 12 that boots systemd as process 1, and has no network but loopback."""
from common.shell import eventually, run


def scenario(report, world):
    with open("/etc/debian_version") as file:
        version = file.read().strip()
    with open("/proc/1/comm") as file:
        first = file.read().strip()
    systemd = run("systemctl", "--version").out.split("\n")[0]
    report.check("a Debian 12 has booted, with systemd as process 1",
                 version.startswith("12") and first == "systemd", "Debian %s, %s, %s" % (version, first, systemd))
    report.check("nothing has failed", not failed_units(), " ".join(failed_units()) or "no failed unit")
    links = [line.split()[1] for line in run("ip", "-o", "link").out.splitlines()]
    report.check("loopback is the only network", links == ["lo:"], " ".join(links))
    report.check("nothing of vesigate is there", not run("sh", "-c", "command -v vesigate; getent passwd vesigate").out)
    # So that what other units wait for is there: the boot goes only as far as the test needs it.
    run("systemctl", "start", "multi-user.target")
    reached = eventually(lambda: run("systemctl", "is-active", "multi-user.target").out.strip() == "active")
    report.check("multi-user.target is reached", reached)


def failed_units():
    return [line.split()[0] for line in run("systemctl", "--failed", "--plain", "--no-legend").out.splitlines()]
