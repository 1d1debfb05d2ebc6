"""vesigate.socket: systemd holds the port, and a restart of the service refuses nobody."""
import glob
import gzip
import os
import re
import subprocess
import time

from common import delivery, service
from common.shell import eventually, must, run

RESTARTS = 5
RESTARTS_UNDER_WRK = 3
BACKLOG = 777
LISTEN_SYSTEMD = service.configuration(listen="systemd")
WRK_SCRIPT = "/run/wrk.lua"


def scenario(report, world):
    app = world.app()
    without(report, world)
    as_documented(report)
    through(report)
    inherited(report)
    restarts(report, world, app)
    restarts_under_wrk(report)
    port_443(report)
    broken(report)
    service.stop()


def without(report, world):
    """The same without the socket, so that it is known that the sender would notice."""
    service.start(service.configuration())
    sender = world.sender(rate=1000)
    service.systemctl("restart", "vesigate")
    outcome = sender.end()
    report.check("without the socket a restart under load refuses connections", not outcome.is_perfect, outcome)


def open_socket(text=LISTEN_SYSTEMD):
    service.stop()
    service.write_configuration(text)
    service.write_secrets(service.FIRST)
    must("systemctl", "start", "vesigate.socket")


def as_documented(report):
    """The commands of systemd.md, but the one that opens an editor."""
    found = glob.glob("/usr/share/doc/vesigate/systemd.md*")[0]
    with (gzip.open if found.endswith(".gz") else open)(found, "rt") as file:
        block = re.search(r"(?s)## Behind the socket unit.*?```sh\n(.*?)```", file.read()).group(1)
    commands = [line for line in block.splitlines() if "systemctl edit" not in line]
    service.start(service.configuration())
    done = run("sh", "-ec", "\n".join(commands))
    answer = delivery.deliver()
    report.check("the commands of systemd.md put it behind the socket", done.code == 0 and answer.status == 200 and
                 "systemd:" in service.status_text(), "%s; %s; %s" % (done, answer, service.status_text()))
    must("systemctl", "disable", "--quiet", "vesigate.socket")


def through(report):
    service.drop_in("vesigate.socket", "backlog", "[Socket]\nBacklog=%d\n" % BACKLOG)
    open_socket()
    report.check("with the socket alone the service does not run yet", service.pid() == 0)
    answer = delivery.deliver()
    report.check("the first connection starts it", answer.status == 200 and service.pid() != 0, answer)
    report.check("the status names the socket", "systemd:" in service.status_text(), service.status_text())


def inherited(report):
    shown = run("ss", "-Hltn", "sport = :%d" % service.PORT).out
    report.check("the listener keeps the unit's Backlog=%d" % BACKLOG, shown.split()[2] == str(BACKLOG), shown)
    pid = service.pid()
    # The kernel's number of the listening socket, by which its descriptors are found.
    inode = re.search(r"ino:(\d+)", run("ss", "-Hltne", "sport = :%d" % service.PORT).out).group(1)
    flags = {number: descriptor_flags(pid, number) for number in os.listdir("/proc/%d/fd" % pid)
             if os.readlink("/proc/%d/fd/%s" % (pid, number)) == "socket:[%s]" % inode}
    report.check("the inherited descriptor is close-on-exec", "3" in flags and
                 all(value & os.O_CLOEXEC for value in flags.values()),
                 ", ".join("%s: 0%o" % pair for pair in flags.items()))


def descriptor_flags(pid, number):
    with open("/proc/%d/fdinfo/%s" % (pid, number)) as file:
        return int(re.search(r"flags:\s*(\d+)", file.read()).group(1), 8)


def restarts(report, world, app):
    app.forget()
    sender = world.sender(rate=1000)
    codes = []
    for _ in range(RESTARTS):
        codes.append(service.systemctl("restart", "vesigate").code)
        time.sleep(0.5)
    outcome = sender.end()
    report.check("systemctl restart succeeds %d times under load" % RESTARTS, codes == [0] * RESTARTS, codes)
    report.check("0 refused and 0 failed deliveries", outcome.is_perfect, outcome)
    report.check("the app saw as many, none twice", app.count == outcome.sent and app.twice == 0,
                 "%d, %d twice" % (app.count, app.twice))


def restarts_under_wrk(report):
    body = b'{"event":"payment.completed"}'
    lines = ["%s: %s" % pair for pair in delivery.headers(body).items()]
    with open(WRK_SCRIPT, "w") as file:
        file.write('wrk.method = "POST"\nwrk.body = [[%s]]\n' % body.decode())
        for name, value in (line.split(": ", 1) for line in lines):
            file.write('wrk.headers["%s"] = "%s"\n' % (name, value))
    wrk = subprocess.Popen(
        ["wrk", "-t1", "-c32", "-d10s", "--timeout", "60s", "-s", WRK_SCRIPT,
         "http://127.0.0.1:%d%s" % (service.PORT, service.PATH)], stdout=subprocess.PIPE, text=True)
    codes = []
    while wrk.poll() is None and len(codes) < RESTARTS_UNDER_WRK:
        time.sleep(0.5)
        codes.append(service.systemctl("restart", "vesigate").code)
    out = wrk.communicate(timeout=120)[0]
    count = re.search(r"(\d+) requests in", out)
    report.check("wrk at full speed sees 0 socket errors and no status but 2xx through %d restarts" % len(codes),
                 count and int(count.group(1)) > 0 and set(codes) == {0} and "Socket errors" not in out and
                 "Non-2xx" not in out, "; ".join(line.strip() for line in out.splitlines()[3:]))


def port_443(report):
    service.drop_in("vesigate.socket", "port", "[Socket]\nListenStream=\nListenStream=443\n")
    open_socket()
    answer = delivery.deliver(port=443)
    with open("/proc/%d/status" % service.pid()) as file:
        capabilities = dict(re.findall(r"(Cap\w+):\s*(\w+)", file.read()))
    report.check("it serves on port 443", answer.status == 200, answer)
    report.check("and has no capability", all(int(value, 16) == 0 for value in capabilities.values()), capabilities)


def broken(report):
    """A service that cannot start must not take the port with it, nor the machine's time."""
    service.remove_drop_ins()
    open_socket(LISTEN_SYSTEMD.replace("upstreams:", "upstream:"))
    since = service.now()
    waiting = subprocess.Popen(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "60",
         "http://127.0.0.1:%d/nowhere" % service.PORT], stdout=subprocess.PIPE, text=True)
    time.sleep(5)
    tries = service.journal(since=since).count("Starting vesigate.service")
    report.check("a configuration that is not usable does not close the port", service.state("vesigate.socket") == "active",
                 service.state("vesigate.socket"))
    report.check("nor is the start tried more than once a second or so", 1 <= tries <= 15, "%d starts in 5 s" % tries)
    service.write_configuration(LISTEN_SYSTEMD)
    answered = waiting.communicate(timeout=90)[0]
    report.check("once it is usable, whoever waited is answered", answered == "404", answered)
    report.check("and deliveries arrive", eventually(lambda: delivery.deliver().status == 200, 30))
