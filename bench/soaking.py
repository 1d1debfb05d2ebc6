"""What bench/soak is made of: the gateway between two upstreams' lives, the senders, and the books."""
import collections
import hashlib
import hmac
import os
import re
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from rig import Rig, free_port, wait_for_port

PATH = "/webhooks/vesicash"


class SoakRig(Rig):
    """The upstream is soaking_upstream.py, whose record outlives its restarts."""

    def start_upstream(self):
        self.hangups = self.rotations = self.restarts = 0
        self.key = "soak secret 0"
        self.upstream_port = free_port()
        self.run_upstream()

    def run_upstream(self):
        self.upstream = subprocess.Popen(
            [sys.executable, os.path.join(os.path.dirname(__file__), "soaking_upstream.py"),
             str(self.upstream_port), self.folder + "/record"], stdin=subprocess.DEVNULL)
        wait_for_port(self.upstream_port, self.upstream)

    def restart_upstream(self):
        self.restarts += 1
        self.upstream.kill()
        self.upstream.wait()
        self.run_upstream()

    def start_gateway(self):
        self.port = free_port()
        self.write_secrets([self.key])
        with open(self.folder + "/vesigate.yaml", "w") as file:
            file.write(
                "listen: 127.0.0.1:%d\ncontrol: %s/control.sock\nlog: {format: logfmt}\nlimits: {body-seconds-max: 10}\n"
                "routes:\n  - path: %s\n    secret-file: %s/secret\n    upstreams: [\"http://127.0.0.1:%d/\"]\n"
                "    first-byte-seconds-max: 3\n"
                % (self.port, self.folder, PATH, self.folder, self.upstream_port))
        self.log_path = self.folder + "/log"
        self.gateway = subprocess.Popen(
            [self.binary, "run", "--config", self.folder + "/vesigate.yaml"],
            stdin=subprocess.DEVNULL, stderr=open(self.log_path, "w"))
        wait_for_port(self.port, self.gateway)

    def __exit__(self, *rest):
        super().__exit__(*rest)
        if self.upstream.poll() is None:
            self.upstream.kill()
        self.upstream.wait()

    def write_secrets(self, lines):
        with open(os.open(self.folder + "/next", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write("".join(line + "\n" for line in lines))
        os.rename(self.folder + "/next", self.folder + "/secret")

    def rotate(self):
        """The senders go over to the new key once it is there; the old one stays good until the next."""
        self.rotations += 1
        key = "soak secret %d" % self.rotations
        self.write_secrets([key, self.key])
        self.gateway.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        self.key = key

    def hang_up(self):
        self.hangups += 1
        self.gateway.send_signal(signal.SIGHUP)

    def descriptors(self):
        """How many of each kind are open: socket, pipe, anon_inode, or a file's path."""
        kinds, folder = collections.Counter(), "/proc/%d/fd" % self.gateway.pid
        for name in os.listdir(folder):
            try:
                kinds[os.readlink(folder + "/" + name).partition(":[")[0]] += 1
            except FileNotFoundError:
                pass
        return kinds

    def resident_kib(self):
        with open("/proc/%d/status" % self.gateway.pid) as file:
            return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1))

    def recorded(self):
        with open(self.folder + "/record") as file:
            return collections.Counter(file.read().split())

    def log_lines(self):
        with open(self.log_path) as file:
            return [line for line in file if " msg=delivery " in line]


class Books:
    """What every sender was told about every delivery, by its name."""

    def __init__(self):
        self.lock = threading.Lock()
        self.told = {}

    def note(self, name, outcome):
        with self.lock:
            self.told[name] = outcome

    def count(self):
        with self.lock:
            return len(self.told)

    # What a sender of each kind may be told. "cut" is an answer that never came whole.
    MAY = {
        "valid": {"200", "502", "504"}, "slow": {"200", "502", "504"}, "large": {"200", "502", "504"},
        "reset": {"502"}, "garbage": {"502"}, "stall": {"504", "502"}, "cutoff": {"502"},
        "forged": {"401"}, "stale": {"401"}, "broken": {"400"}, "aborted": {"gone"}, "half": {"gone"},
    }
    NEVER_RECORDED = {"forged", "stale", "broken", "half"}

    def balance(self, recorded, log_lines):
        faults = []
        for name, outcome in self.told.items():
            kind, count = name.split("-")[0], recorded[name]
            if outcome not in self.MAY[kind]:
                faults.append("%s was told %s" % (name, outcome))
            if outcome == "200" and count != 1:
                faults.append("%s was answered 200 and recorded %d times" % (name, count))
            if count > 1 or (count and kind in self.NEVER_RECORDED):
                faults.append("%s was recorded %d times" % (name, count))
        faults += ["%s was recorded and never sent" % name for name in recorded if name not in self.told]
        faults += self.balance_log(recorded, log_lines)
        if not any(outcome == "200" for outcome in self.told.values()):
            faults.append("nothing was delivered")
        return faults[:20]

    def balance_log(self, recorded, log_lines):
        """Every attempt that the log tells of began at most one record, and every record has its attempt."""
        attempts = sum(int(found.group(1)) for found in (
            re.search(r" attempts=(\d+)", line) for line in log_lines) if found)
        forwarded = sum(1 for line in log_lines if " outcome=forwarded " in line and " upstream_status=200" in line)
        answered = sum(1 for outcome in self.told.values() if outcome == "200")
        faults = []
        if sum(recorded.values()) > attempts:
            faults.append("%d recorded, %d attempts in the log" % (sum(recorded.values()), attempts))
        # An aborting sender may be gone just after its answer was written.
        aborted = sum(count for name, count in recorded.items() if name.startswith("aborted-"))
        if not answered <= forwarded <= answered + aborted:
            faults.append("%d answered 200, %d in the log, %d aborted" % (answered, forwarded, aborted))
        return faults

    def show(self):
        table = collections.Counter((name.split("-")[0], outcome) for name, outcome in self.told.items())
        print("%-8s  %-6s  %9s" % ("kind", "told", "count"))
        for (kind, outcome), count in sorted(table.items()):
            print("%-8s  %-6s  %9d" % (kind, outcome, count))


class Traffic:
    """Threads that each send one kind of delivery, one after another, until they are told to stop."""

    KINDS = ["valid", "valid", "valid", "slow", "large", "reset", "garbage", "stall", "cutoff", "forged",
             "stale", "broken", "aborted", "half"]
    # Between two deliveries of one thread, in seconds, so that the kinds are mixed.
    PAUSE = 0.004

    def __init__(self, rig, books):
        self.rig, self.books = rig, books
        self.is_over = threading.Event()
        self.threads = [
            threading.Thread(target=self.run, args=(kind, index), daemon=True)
            for index, kind in enumerate(self.KINDS)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)

    def run(self, kind, index):
        sender = Sender(self.rig)
        turn = 0
        while not self.is_over.wait(self.PAUSE):
            name = "%s-%d-%d" % (kind, index, turn)
            turn += 1
            self.books.note(name, getattr(sender, kind)(name))
        sender.drop()


class Sender:
    """One sender's connection, kept where its answers allow."""

    def __init__(self, rig):
        self.rig, self.socket = rig, None

    def head(self, body, key=None, age=0, framing=None):
        stamp = str(int(time.time()) - age)
        key = (key or self.rig.key).encode()
        signature = hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        lines = ["POST %s HTTP/1.1" % PATH, "Host: soak", "mor-timestamp: " + stamp, "mor-signature: " + signature]
        return "\r\n".join(lines + (framing or ["Content-Length: %d" % len(body)]) + ["", ""]).encode()

    def connect(self):
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.rig.port), timeout=30)
        return self.socket

    def drop(self, by_reset=False):
        if self.socket is None:
            return
        if by_reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
        self.socket = None

    def exchange(self, *parts, pause=0):
        try:
            connection = self.connect()
            for part in parts:
                connection.sendall(part)
                if pause:
                    time.sleep(pause)
            return self.answer(connection)
        except OSError as error:
            self.drop()
            return "cut:" + type(error).__name__

    def answer(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.more(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
        while len(body) < length:
            body += self.more(connection)
        if re.search(rb"(?i)connection: close", head):
            self.drop()
        return head.split(b" ")[1].decode()

    def more(self, connection):
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("closed")
        return part

    # One for each kind. The body begins with the delivery's name; the upstream acts by it.

    def valid(self, name):
        body = name.encode()
        return self.exchange(self.head(body) + body)

    reset = garbage = stall = cutoff = valid

    def large(self, name):
        body = name.encode() + b" " + b"x" * random.choice([70_000, 300_000, 1_000_000])
        return self.exchange(self.head(body), body)

    def slow(self, name):
        body = name.encode()
        middle = len(body) // 2
        return self.exchange(self.head(body), body[:middle], body[middle:], pause=0.2)

    def forged(self, name):
        body = name.encode()
        return self.exchange(self.head(body, key="not the secret") + body)

    def stale(self, name):
        body = name.encode()
        return self.exchange(self.head(body, age=4000) + body)

    def broken(self, name):
        """Signed well, and framed so that two readers could read it differently."""
        body = name.encode()
        framing = random.choice([
            ["Content-Length: %d" % len(body), "Transfer-Encoding: chunked"],
            ["Content-Length: %d" % len(body), "Content-Length: 0"],
            ["Content-Length: +%d" % len(body)],
            ["Transfer-Encoding: xchunked"],
        ])
        return self.exchange(self.head(body, framing=framing) + body)

    def aborted(self, name):
        """All of it, then a reset: it may arrive, once."""
        body = name.encode()
        return self.give_up(self.head(body) + body)

    def half(self, name):
        body = name.encode()
        return self.give_up(self.head(body) + body[:-1])

    def give_up(self, data):
        try:
            self.connect().sendall(data)
            time.sleep(random.choice([0, 0.002]))
        except OSError:
            pass
        self.drop(by_reset=True)
        return "gone"
