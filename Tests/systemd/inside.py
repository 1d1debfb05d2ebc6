#!/usr/bin/python3 -B
"""Runs inside the booted Debian 12, as root: every scenario in order, or those named in /run/vesigate-out/wanted.

Its report goes to /run/vesigate-out/lines, and the journal beside it where something failed.
"""
import importlib
import subprocess
import sys
import time

from common.report import Report
from common.world import World

OUT = "/run/vesigate-out"
SCENARIOS = [
    "boot", "install", "first_start", "delivery", "unit", "reload", "watchdog", "sandbox", "secrecy",
    "upstreams", "socket", "instance", "backup", "credentials", "journal", "rotation", "documents", "upgrade", "removal",
]
# What every other one builds on.
FOUNDATION = ["boot", "install", "first_start"]


def wanted():
    with open(OUT + "/wanted") as file:
        names = file.read().split()
    if not names:
        return SCENARIOS
    return [name for name in SCENARIOS if name in names or name in FOUNDATION]


def main():
    began = time.monotonic()
    with open(OUT + "/lines", "a", buffering=1) as lines:
        report = Report(lines)
        seconds = []
        for name in wanted():
            report.begin(name)
            start = time.monotonic()
            module = importlib.import_module("scenarios." + name)
            world = World(report)
            try:
                module.scenario(report, world)
            except Exception as error:
                report.broke(error)
            finally:
                world.close()
            seconds.append("%s %.0f" % (name, time.monotonic() - start))
        if report.failed:
            with open(OUT + "/journal", "w") as journal:
                subprocess.run(["journalctl", "--no-pager", "-o", "short-precise"], stdout=journal, timeout=60)
        print("seconds: %s, in all %.0f" % (", ".join(seconds), time.monotonic() - began), file=lines)
        print("%d passed, %d failed" % (report.passed, report.failed), file=lines)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
