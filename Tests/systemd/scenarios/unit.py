"""What systemd itself makes of the units."""
import re

from common import service
from common.shell import run

UNITS = ["vesigate.service", "vesigate@shop.service", "vesigate.socket", "vesigate-rotate@vesicash.service",
         "vesigate-rotate@vesicash.timer", "vesigate-alert.service", "vesigate-alert.timer"]
# The rotation runs as root, for the API key is root's alone.
EXPOSURES_MAX = {"vesigate.service": 1.2, "vesigate@shop.service": 1.2, "vesigate-rotate@vesicash.service": 2.5}


def scenario(report, world):
    verified = run("systemd-analyze", "verify", "--man=yes", *UNITS)
    report.check("systemd-analyze verify finds nothing", verified.code == 0 and not verified.text, verified)
    for unit, exposure_max in EXPOSURES_MAX.items():
        exposure(report, unit, exposure_max)
    for name, wanted in (("Type", "notify"), ("Restart", "on-failure"), ("LimitCORE", "0"),
                         ("LogRateLimitIntervalUSec", "0"), ("RuntimeDirectory", "vesigate"),
                         ("StateDirectory", "vesigate"), ("StateDirectoryMode", "0700")):
        value = service.show("vesigate", name)
        report.check("%s=%s" % (name, wanted), value == wanted, value)
    watchdog = service.show("vesigate", "WatchdogUSec")
    report.check("a watchdog is set", watchdog not in ("", "0", "infinity"), watchdog)
    prevented = service.show("vesigate", "RestartPreventExitStatus")
    report.check("errors of usage, permission and configuration are not tried again",
                 {"64", "77", "78"} <= set(re.findall(r"\d+", prevented)), prevented)
    files = int(service.show("vesigate", "LimitNOFILE"))
    report.check("LimitNOFILE= is enough for connections-max and in-flight-max", files >= 4096 + 64 + 3 * 2048 + 2048 + 4096 // 8 + 256, files)


def exposure(report, unit, exposure_max):
    analysed = run("systemd-analyze", "security", "--no-pager", unit).out
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", analysed)
    shown = score.group(1) if score else "no score"
    report.check("exposure of %s is %.1f or better" % (unit, exposure_max),
                 score and float(score.group(1)) <= exposure_max, shown)
