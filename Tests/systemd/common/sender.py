"""A sender at work in a process of its own: see load.py."""
import json
import os
import signal
import subprocess
import sys

from common.service import FIRST, PORT

LOAD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "load.py")


class Sender:
    """Sends until `end`, or `count` deliveries; `rate` is deliveries a second, 0 as fast as it goes."""

    def __init__(self, rate=1000, connections=32, secrets=(FIRST,), count=0, port=PORT):
        self.result, self.rate = None, rate
        self.process = subprocess.Popen(
            [sys.executable, "-B", LOAD, "--port", str(port), "--rate", str(rate),
             "--connections", str(connections), "--count", str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write("\n".join(secrets) + "\n")
        self.process.stdin.close()
        self.process.stdin = None
        # Its first line says that the first answer has come.
        self.began = self.process.stdout.readline().strip()

    def end(self, seconds_max=120):
        if self.result is None:
            self.process.send_signal(signal.SIGTERM)
            self.result = self.wait(seconds_max)
        return self.result

    def wait(self, seconds_max=120):
        """Waits until it has ended by itself."""
        out, _ = self.process.communicate(timeout=seconds_max)
        self.result = Outcome(json.loads(out), self.rate)
        return self.result

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Outcome:
    def __init__(self, facts, rate=0):
        self.rate = rate
        self.sent = facts["sent"]
        self.accepted = facts["accepted"]
        self.failures = facts["failures"]
        self.facts = facts

    @property
    def is_perfect(self):
        return self.sent > 0 and self.accepted == self.sent and not self.failures and self.kept_its_rate

    @property
    def kept_its_rate(self):
        """With tenfold slack: a sender that was made to wait shows no failure, yet did not send what was asked."""
        return self.sent * 10 >= self.rate * self.facts["seconds"]

    def __str__(self):
        facts = self.facts
        text = "%d sent, %d accepted, %d failed in %.1f s (%.0f a second, the slowest took %.0f ms)" % (
            self.sent, self.accepted, self.sent - self.accepted, facts["seconds"],
            self.sent / max(facts["seconds"], 0.001), facts["slowest_ms"])
        if not self.kept_its_rate:
            text += "; %d a second were asked for" % self.rate
        if self.failures:
            text += "; " + ", ".join("%d x %s" % (count, what) for what, count in sorted(self.failures.items()))
        return text
