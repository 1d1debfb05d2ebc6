"""An upgrade to a higher version, under load, with a configuration that was edited and has changed in the package."""
import os
import shutil

from common import delivery, service
from common.shell import must, run
from scenarios.install import DEB, install

FOLDER = "/run/vesigate-higher"
HIGHER = "/run/vesigate-higher.deb"
VERSION = "99.0.0"
CHANGED = "# A sentence that only the higher version has.\n"
EDIT = "# An administrator's own words.\n"


def scenario(report, world):
    app = world.app()
    make_higher_version()
    report.check("the package can be installed again over itself", install(DEB, "--force-confold").code == 0)
    upgrade_through_socket(report, world, app)
    unchanged_file_is_replaced(report)
    without_socket(report)


def make_higher_version():
    """The same package with a higher number and a changed conffile."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    must("dpkg-deb", "-R", DEB, FOLDER)
    control = FOLDER + "/DEBIAN/control"
    with open(control) as file:
        lines = ["Version: %s\n" % VERSION if line.startswith("Version:") else line for line in file]
    service.write(control, "".join(lines))
    path = FOLDER + service.CONFIGURATION
    with open(path) as file:
        text = file.read()
    service.write(path, CHANGED + text)
    must("dpkg-deb", "-Znone", "-b", FOLDER, HIGHER)


def package_version():
    return run("dpkg-query", "-W", "-f", "${Version} ${Status}", "vesigate").out


def socket_facts():
    """The socket's inode, and since when its unit has been active."""
    shown = run("ss", "-Hltne", "sport = :%d" % service.PORT).out
    inode = shown.split("ino:")[1].split()[0] if "ino:" in shown else "no listener"
    return inode, service.show("vesigate.socket", "ActiveEnterTimestampMonotonic")


def upgrade_through_socket(report, world, app):
    service.stop()
    service.write_configuration(EDIT + service.configuration())
    service.write_secrets(service.FIRST)
    must("systemctl", "start", "vesigate.socket", "vesigate.service")
    pid, socket = service.pid(), socket_facts()
    app.forget()
    sender = world.sender(rate=1000)
    installed = install(HIGHER, "--force-confold")
    new = service.is_back(pid)
    outcome = sender.end()
    report.check("dpkg -i installs a higher version under load, without a terminal",
                 installed.code == 0 and VERSION in package_version(), package_version())
    report.check("the service is another process afterwards", new, "pid %s instead of %d" % (new, pid))
    report.check("0 refused and 0 failed deliveries", outcome.is_perfect, outcome)
    report.check("the app saw as many, none twice", app.count == outcome.sent and app.twice == 0, app.count)
    report.check("the socket unit was not restarted", socket_facts() == socket, "%s, then %s" % (socket, socket_facts()))
    enabled = run("systemctl", "is-enabled", "vesigate.socket").out.strip()
    report.check("it stays enabled", enabled == "enabled", enabled)
    with open(service.CONFIGURATION) as file:
        text = file.read()
    report.check("the edited configuration is kept", text.startswith(EDIT) and CHANGED not in text)
    with open(service.CONFIGURATION + ".dpkg-dist") as file:
        report.check("the package's stands beside it", CHANGED in file.read(), service.CONFIGURATION + ".dpkg-dist")
    with open(service.SECRET_FILE) as file:
        report.check("the secrets are kept", file.read() == service.FIRST + "\n")


def unchanged_file_is_replaced(report):
    """Nobody has edited it: the new version's takes its place."""
    service.stop()
    os.remove(service.CONFIGURATION + ".dpkg-dist")
    must("dpkg", "-i", "--force-downgrade", "--force-confnew", DEB, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
    installed = install(HIGHER, "--force-confold")
    with open(service.CONFIGURATION) as file:
        text = file.read()
    report.check("a configuration that nobody edited becomes the new version's", installed.code == 0 and
                 text.startswith(CHANGED), text.splitlines()[0])
    report.check("a service that did not run is not started by it", service.state() == "inactive", service.state())


def without_socket(report):
    """As an older package left it, or an administrator: not enabled."""
    must("systemctl", "disable", "--now", "--quiet", "vesigate.socket")
    service.start(service.configuration())
    pid = service.pid()
    installed = install(HIGHER, "--force-confold")
    new = service.is_back(pid)
    report.check("without the socket a service that runs is restarted too", installed.code == 0 and new, "pid %s" % new)
    report.check("and delivers", delivery.deliver().status == 200)
    enabled = run("systemctl", "is-enabled", "vesigate.socket").out.strip()
    report.check("an upgrade does not switch the socket on", enabled == "disabled" and
                 service.state("vesigate.socket") == "inactive", "%s, %s" % (enabled, service.state("vesigate.socket")))
