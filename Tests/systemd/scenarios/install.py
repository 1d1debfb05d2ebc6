"""The README's first command, and what stands where afterwards."""
import grp
import os
import pwd
import stat

from common.service import show
from common.shell import run

DEB = "/run/vesigate.deb"
# path, owner, group, mode
PLACES = [
    ("/usr/bin/vesigate", "root", "root", 0o755),
    ("/etc/vesigate", "root", "root", 0o755),
    ("/etc/vesigate/vesigate.yaml", "root", "root", 0o644),
    ("/etc/vesigate/secrets", "root", "vesigate", 0o2750),
    ("/etc/vesigate/api-keys", "root", "root", 0o700),
]


def install(deb, *options):
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    return run("dpkg", "-i", *options, deb, env=environment)


def scenario(report, world):
    # By apt, as the README says; further packages are there already, and no network.
    installed = run("apt-get", "-q", "install", "-y", DEB, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
    report.check("apt-get install installs the package", installed.code == 0, installed)
    report.check("dpkg finds nothing missing", run("dpkg", "--audit").code == 0 and not run("dpkg", "--audit").out)
    version = run("vesigate", "version")
    report.check("the binary runs: every library is there", version.code == 0, version.out)
    for place in PLACES:
        check_place(report, *place)
    account = pwd.getpwnam("vesigate")
    report.check("the user vesigate cannot log in", account.pw_shell.endswith(("nologin", "false")),
                 "uid %d, shell %s" % (account.pw_uid, account.pw_shell))
    report.check("no secret came with it", os.listdir("/etc/vesigate/secrets") == [])
    report.check("nothing listens on its port", ":8480" not in run("ss", "-Hltn").out, run("ss", "-Hltn").out)
    for unit, wanted in (("vesigate.service", "enabled"), ("vesigate.socket", "enabled"),
                         ("vesigate-rotate@vesicash.timer", "disabled"), ("vesigate@shop.service", "disabled"),
                         ("vesigate-alert.timer", "disabled")):
        enabled = run("systemctl", "is-enabled", unit).out.strip()
        report.check("%s is %s, and not started" % (unit, wanted),
                     enabled == wanted and show(unit, "ActiveState") == "inactive",
                     "%s, %s" % (enabled, show(unit, "ActiveState")))
    pristine = "/usr/share/doc/vesigate/examples/vesigate.yaml"
    with open(pristine) as example, open("/etc/vesigate/vesigate.yaml") as installed:
        report.check("the configuration as it was is among the examples", example.read() == installed.read(), pristine)


def check_place(report, path, owner, group, mode):
    found = os.stat(path)
    names = (pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name)
    report.check("%s is %s:%s %04o" % (path, owner, group, mode),
                 names == (owner, group) and stat.S_IMODE(found.st_mode) == mode,
                 "%s:%s %04o" % (*names, stat.S_IMODE(found.st_mode)))
