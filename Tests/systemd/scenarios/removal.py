"""remove and purge: what they stop, what they take away, what they keep and say so."""
import glob
import os
import pwd

from common import service
from common.shell import must, run

STORE = "/var/lib/vesigate"
KEPT = {service.SECRET_FILE, os.path.dirname(service.SECRET_FILE), "/etc/vesigate", STORE}


def scenario(report, world):
    service.start(service.configuration(route="durable: true"))
    must("vesigate", "secret", "set", stdin=service.SECOND + "\n")
    must("systemctl", "enable", "--quiet", "vesigate.service")
    must("systemctl", "stop", "vesigate")
    must("systemctl", "start", "vesigate")
    remove(report)
    purge(report)


def dpkg(*arguments):
    return run("dpkg", *arguments, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))


def left(folder="/"):
    """Every file of that name, but what the test brought, and what dpkg and man(1) remember."""
    found = run("find", folder, "-xdev", "-iname", "*vesigate*", "-not", "-path", "/proc/*", "-not", "-path", "/sys/*")
    return {path for path in found.out.splitlines()
            if not path.startswith(("/run/vesigate-", "/run/vesigate.deb", "/var/lib/dpkg/", "/var/cache/man/"))}


def remove(report):
    removed = dpkg("-r", "vesigate")
    report.check("dpkg -r removes it", removed.code == 0, removed)
    report.check("the service has ended", service.pid() == 0 and service.state() == "inactive",
                 "%s, %s" % (service.state(), service.show("vesigate", "LoadState")))
    report.check("nothing listens any more", ":%d" % service.PORT not in run("ss", "-Hltn").out)
    report.check("configuration and secrets are still there", os.path.exists(service.CONFIGURATION) and
                 os.path.exists(service.SECRET_FILE))
    report.check("the binary is gone", not os.path.exists("/usr/bin/vesigate"))


def purge(report):
    purged = dpkg("-P", "vesigate")
    report.check("dpkg -P purges it", purged.code == 0, purged)
    report.check("it says that secrets and the system user stay, and how to remove them",
                 "secret" in purged.text and "userdel vesigate" in purged.text and "/etc/vesigate" in purged.text,
                 purged.text)
    found = {path for folder in ("/etc", "/usr", "/var", "/run", "/lib", "/tmp", "/home") for path in left(folder)}
    report.check("the store is kept, for it may hold what no app has yet, and it says so", purged.text.count(STORE) == 2 and
                 {"queue.db", "seal.key"} <= set(os.listdir(STORE)), os.listdir(STORE))
    rest = found - KEPT - {path for path in found if path.startswith("/var/log/journal")}
    report.check("of the package nothing is left, of the daemon neither", not rest, " ".join(sorted(rest)) or "nothing")
    below = set(glob.glob("/etc/vesigate/**", recursive=True, include_hidden=True))
    below = {path.rstrip("/") for path in below}
    report.check("below /etc/vesigate only the secrets are", below - KEPT <= {service.SECRET_FILE + ".previous"},
                 " ".join(sorted(below)))
    with open(service.SECRET_FILE) as file:
        report.check("the secret is untouched", file.readline() == service.SECOND + "\n")
    report.check("the user stays", pwd.getpwnam("vesigate"), "uid %d" % pwd.getpwnam("vesigate").pw_uid)
    report.check("systemd knows no unit of it", "vesigate" not in run("systemctl", "list-unit-files", "vesigate*").out)
    failed = run("systemctl", "--failed", "--plain", "--no-legend").out
    report.check("and nothing has failed", "vesigate" not in failed, failed or "no failed unit")
