"""A second instance beside the first, by the commands and the configuration of systemd.md."""
import glob
import os
import re
import shutil

from common import delivery, service
from common.page import blocks, commands, installed
from common.shell import must, run
from common.terminal import Session

CHAPTER = "A second instance"
UNIT = "vesigate@shop"
PORT, APP_PORT, PATH = 8481, 8001, "/webhooks/shop"
PLACES = ["/etc/vesigate/shop.yaml", "/etc/vesigate/secrets/shop", "/var/lib/vesigate-shop"]


def scenario(report, world):
    first, second = world.app(), world.app(port=APP_PORT)
    service.start(service.configuration())
    try:
        begins(report)
        stands_apart(report, first, second)
    finally:
        service.systemctl("disable", "--now", "--quiet", UNIT)
        for place in PLACES:
            for path in glob.glob(place + "*"):
                (shutil.rmtree if os.path.isdir(path) else os.remove)(path)


def begins(report):
    block = next(block for block in blocks(installed("systemd.md")) if (block.heading, block.kind) == (CHAPTER, "yaml"))
    place = re.match(r"# (/\S+)\n", block.text).group(1)
    service.write(place, block.text)
    session = Session(commands("systemd.md", CHAPTER, "sh instance")[0], "/root",
                      [(r"\(it is not shown\): $", service.SECOND + "\n")])
    code = session.wait(60)
    report.check("the commands of systemd.md start a second instance", code == 0 and place == PLACES[0] and
                 "systemctl start vesigate@shop" in session.text and "ok, 1 route" in session.text and service.state(UNIT) == "active", session.text)
    report.check("its status is its own", "%s" % PATH in session.text.split("ok, 1 route")[-1], session.text[-400:])


def stands_apart(report, first, second):
    answer = delivery.deliver(secret=service.SECOND, port=PORT, path=PATH)
    report.check("its deliveries go to its app", answer.status == 200 and (first.count, second.count) == (0, 1), answer)
    answer = delivery.deliver()
    report.check("those of the first to the first one's", answer.status == 200 and (first.count, second.count) == (1, 1),
                 answer)
    folders = {unit: (service.show(unit, "RuntimeDirectory"), service.show(unit, "StateDirectory"))
               for unit in ("vesigate", UNIT)}
    report.check("each has folders of its own", folders == {
        "vesigate": ("vesigate", "vesigate"), UNIT: ("vesigate-shop", "vesigate-shop")}, folders)
    control = os.path.exists("/run/vesigate-shop/control.sock")
    report.check("and a control socket in it", control and os.path.exists("/run/vesigate/control.sock"))
    log = service.journal(unit=UNIT)
    report.check("and a log of its own", PATH in log and service.PATH not in log, log[-300:])
    pid, since = service.pid(), service.now()
    reloaded = service.systemctl("reload", UNIT)
    report.check("a reload of the one is none of the other", reloaded.code == 0 and service.pid() == pid and
                 "msg=reloaded" in service.journal(unit=UNIT) and "msg=reloaded" not in service.journal(since=since), reloaded)
    stopped = service.systemctl("stop", UNIT)
    report.check("and so is its end", stopped.code == 0 and delivery.deliver().status == 200, stopped)
    must("systemctl", "reset-failed")
