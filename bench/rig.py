"""What the measurements share: an upstream that counts, a vesigate in front of it, and its load.

The upstream is nginx answering 200; its stub_status says how many requests it was sent.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

os.environ["PATH"] += os.pathsep + "/usr/sbin"
PATH = "/webhooks/vesicash"
CONNECTIONS = 64


class Failure(SystemExit):
    """Ends the program with a sentence, unless somebody can do without what failed."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Failure("bench: %s ended" % process.args[0])
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Failure("bench: %s does not listen" % process.args[0])


class Rig:
    """A folder, an upstream and a vesigate, for as long as the `with` lasts."""

    def __init__(self, binary, workers="auto", wrapper=()):
        self.binary, self.workers, self.wrapper = os.path.abspath(binary), workers, list(wrapper)
        self.children = []

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.folder = tempfile.mkdtemp(prefix="vesigate-bench.")
        try:
            self.start_upstream()
            self.start_gateway()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop_gateway()
        for child in reversed(self.children):
            child.terminate()
            child.wait()
        shutil.rmtree(self.folder)

    def start_upstream(self):
        self.upstream_port = free_port()
        temporary = "".join(
            "%s_temp_path %s/temp;" % (kind, self.folder)
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(self.folder + "/nginx.conf", "w") as file:
            file.write("""
                daemon off; pid %s/nginx.pid; error_log stderr crit; worker_processes 1;
                events { worker_connections 4096; }
                http {
                  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; %s
                  server {
                    listen 127.0.0.1:%d backlog=4096;
                    location / { return 200 "ok"; }
                    location = /count { stub_status; }
                  }
                }""" % (self.folder, temporary, self.upstream_port))
        nginx = subprocess.Popen(
            ["nginx", "-p", self.folder, "-c", self.folder + "/nginx.conf", "-e", "stderr"],
            stdin=subprocess.DEVNULL)
        self.children.append(nginx)
        wait_for_port(self.upstream_port, nginx)

    def start_gateway(self):
        self.port = free_port()
        with open(os.open(self.folder + "/secret", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(os.urandom(32).hex() + "\n")
        self.config = self.folder + "/vesigate.yaml"
        with open(self.config, "w") as file:
            file.write(
                "listen: 127.0.0.1:%d\ncontrol: %s/control.sock\nworkers: %s\nlog: {deliveries: refused}\nroutes:\n"
                "  - {path: %s, secret-file: %s/secret, upstreams: [\"http://127.0.0.1:%d/\"]}\n"
                % (self.port, self.folder, self.workers, PATH, self.folder, self.upstream_port))
        self.gateway = subprocess.Popen(
            self.wrapper + [self.binary, "run", "--config", self.config],
            stdin=subprocess.DEVNULL, stderr=open(self.folder + "/log", "w"))
        wait_for_port(self.port, self.gateway)

    def stop_gateway(self):
        gateway = getattr(self, "gateway", None)
        if gateway is not None and gateway.poll() is None:
            gateway.terminate()
            gateway.wait()
        return gateway and gateway.returncode

    @property
    def url(self):
        return "http://127.0.0.1:%d%s" % (self.port, PATH)

    def log(self):
        with open(self.folder + "/log") as file:
            return file.read()

    def upstream_count(self):
        """How many requests the upstream was sent, but for those of this function."""
        self.counts = getattr(self, "counts", 0) + 1
        text = urllib.request.urlopen("http://127.0.0.1:%d/count" % self.upstream_port).read().decode()
        return int(re.search(r"^ \d+ \d+ (\d+)", text, re.M).group(1)) - self.counts

    def settled_count(self):
        """The same, once what was in flight when the sender broke off has arrived."""
        count, before = self.upstream_count(), -1
        while count != before:
            time.sleep(1)
            count, before = self.upstream_count(), count
        return count

    def signed_body(self, name):
        """A body of 1 KiB in a file, and the headers that sign it now."""
        path = "%s/%s.json" % (self.folder, name)
        text = '{"event":"payment.completed","data":{"reference":"%s","narration":"' % name
        with open(path, "w") as file:
            file.write(text + "x" * (1024 - len(text) - 3) + '"}}')
        headers = subprocess.run(
            [self.binary, "sign", "--config", self.config, path], check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True).stdout.split("\n")
        return path, ["Content-Type: application/json"] + [line for line in headers if line]

    def h2load(self, count, connections=CONNECTIONS):
        """Posts `count` signed deliveries; ends the program unless each gets a 2xx."""
        path, headers = self.signed_body("h2load")
        output = subprocess.run(
            ["h2load", "--h1", "-n", str(count), "-c", str(connections), "-d", path]
            + [part for header in headers for part in ("-H", header)] + [self.url],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
        good = re.search(r"status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx", output)
        if not good or int(good.group(1)) != count or "0 failed, 0 errored, 0 timeout" not in output:
            raise SystemExit(output + self.log() + "bench: not every delivery got a 2xx")
        return output

    def rate(self, count, connections=CONNECTIONS):
        """Deliveries per second, by posting `count`."""
        return float(re.search(r"([\d.]+) req/s", self.h2load(count, connections)).group(1))


def require(sentence, is_true):
    print("[%s] %s" % ("ok" if is_true else "NOT SO", sentence), flush=True)
    if not is_true:
        raise SystemExit(1)
