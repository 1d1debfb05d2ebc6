"""vesigate.socket: systemd holds the port, and a restart of the service refuses nobody."""
import os
import re
import subprocess
import time

from common import delivery, service
from common.page import commands
from common.shell import eventually, must, run

RESTARTS = 5
RESTARTS_UNDER_WRK = 3
BACKLOG = 777
PLAIN = service.configuration()
LISTEN_SYSTEMD = service.configuration(listen="systemd")
CHAPTER = "The socket unit"
WRK_SCRIPT = "/run/wrk.lua"


def scenario(report, world):
    app = world.app()
    without(report, world)
    as_documented(report)
    stopped(report)
    through(report)
    inherited(report)
    restarts(report, world, app)
    restarts_under_wrk(report)
    moved(report)
    port_443(report)
    broken(report)
    service.stop()


def without(report, world):
    """Switched off as systemd.md says: so it is also known that the sender would notice."""
    service.start(service.configuration())
    off = run("sh", "-ec", commands("systemd.md", CHAPTER, "sh off")[0])
    report.check("the commands of systemd.md have the service bind the port itself", off.code == 0 and
                 service.state("vesigate.socket") == "inactive" and delivery.deliver().status == 200, off)
    sender = world.sender(rate=1000)
    service.systemctl("restart", "vesigate")
    outcome = sender.end()
    report.check("without the socket a restart under load refuses connections", not outcome.is_perfect, outcome)


def open_socket(text=PLAIN):
    service.stop()
    service.write_configuration(text)
    service.write_secrets(service.FIRST)
    must("systemctl", "start", "vesigate.socket")


def as_documented(report):
    done = run("sh", "-ec", commands("systemd.md", CHAPTER, "sh on")[0])
    answer = delivery.deliver()
    report.check("the commands of systemd.md put it behind the socket again", done.code == 0 and answer.status == 200 and
                 holder() == "systemd", "%s; %s; %s" % (done, answer, holder()))


def holder():
    """Who made the listening socket: of those that have it, systemd is named first."""
    return "systemd" if '"systemd",pid=1,' in run("ss", "-Hltnp", "sport = :%d" % service.PORT).out else "vesigate"


def stopped(report):
    """Both are stopped, and the service alone is started: the socket comes with it."""
    service.systemctl("stop", "vesigate.socket", "vesigate")
    answer = delivery.deliver(seconds_max=5)
    report.check("systemctl stop of both closes the port", service.state("vesigate.socket") == "inactive" and
                 answer.status == 0 and service.pid() == 0, "%s; %s" % (service.state("vesigate.socket"), answer))
    service.systemctl("start", "vesigate")
    answer = delivery.deliver()
    report.check("and systemctl start opens it, and hands it over", answer.status == 200 and holder() == "systemd", answer)


def moved(report):
    """`listen` is changed, and not the unit."""
    service.start(PLAIN)
    service.write_configuration(service.configuration(listen="127.0.0.1:9000"))
    checked = run("vesigate", "check")
    hints = ("vesigate.socket holds 127.0.0.1:%d" % service.PORT, "ListenStream=, ListenStream=127.0.0.1:9000")
    report.check("check says that the unit listens elsewhere, and what to write there", checked.code == 0 and
                 all(hint in checked.text for hint in hints), checked)
    reloaded = run("vesigate", "reload")
    report.check("so does a reload", all(hint in reloaded.text for hint in hints), reloaded)
    since = service.now()
    service.systemctl("restart", "vesigate")
    log = service.journal(since=since)
    report.check("and a start", all(hint in log for hint in hints) and delivery.deliver(port=9000).status == 200, log)
    block = commands("systemd.md", CHAPTER)[0]
    # The editor's part is a drop-in.
    service.drop_in("vesigate.socket", "moved", "[Socket]\nListenStream=\nListenStream=127.0.0.1:9000\n")
    since = service.now()
    done = run("sh", "-ec", "\n".join(line for line in block.splitlines() if "systemctl edit" not in line))
    answer = delivery.deliver(port=9000)
    report.check("the commands of systemd.md move it", done.code == 0 and "warning" not in done.text and
                 answer.status == 200 and "holds" not in service.journal(since=since), "%s; %s" % (done, answer))
    old = delivery.deliver(seconds_max=5)
    report.check("nobody is at the old address any more", old.status == 0 and "refused" in old.text, old)
    service.remove_drop_ins()


def through(report):
    service.drop_in("vesigate.socket", "backlog", "[Socket]\nBacklog=%d\n" % BACKLOG)
    open_socket()
    report.check("with the socket alone the service does not run yet", service.pid() == 0)
    answer = delivery.deliver()
    report.check("the first connection starts it", answer.status == 200 and service.pid() != 0, answer)
    report.check("the status names the address", ":%d" % service.PORT in service.status_text(), service.status_text())


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
    open_socket(LISTEN_SYSTEMD)
    answer = delivery.deliver(port=443)
    report.check("listen: systemd takes whatever there is", "systemd:" in service.status_text(), service.status_text())
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
