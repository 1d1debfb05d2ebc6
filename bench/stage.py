"""One upstream, one secret, and the targets between it and the load; the upstream and the load share a core, the
target has the other one."""
import hashlib
import hmac
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from rig import PATH, Failure, free_port, wait_for_port

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
# What is built or installed for the measurements alone; git ignores it.
BUILT = os.path.join(ROOT, ".build-bench")
PEERS = os.path.join(HERE, "peers")
STOP_SECONDS = 15


def cores():
    """The load's core and the target's."""
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        raise Failure("bench: two cores are needed, one for the load and one for what is measured")
    return available[0], available[1]


PIN_WORDS = 6


def pinned(core, command):
    # Whatever becomes of this program, what it started ends with it.
    return ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", str(core)] + command


class Stage:
    """A folder, the upstream, and whatever is started, for as long as the `with` lasts."""

    def __init__(self):
        self.load_core, self.target_core = cores()
        # Senders of a thousand connections need more than the usual 1024.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.children = []
        self.counts = 0
        self.secret = os.urandom(32).hex()

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.folder = tempfile.mkdtemp(prefix="vesigate-bench.")
        try:
            self.secret_file = self.write("secret", self.secret + "\n")
            self.upstream_port = free_port()
            config = self.fill("upstream.conf", PORT=str(self.upstream_port))
            self.upstream = self.start("upstream", nginx(config), self.upstream_port, core=self.load_core)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in list(reversed(self.children)):
            self.stop(child)
        shutil.rmtree(self.folder, ignore_errors=True)

    # Programs

    def start(self, name, command, port, core=None, environment=None):
        """Starts a program, its output in NAME.log, and waits until it listens."""
        core = self.target_core if core is None else core
        with open("%s/%s.log" % (self.folder, name), "wb") as log:
            child = subprocess.Popen(
                pinned(core, command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                cwd=self.folder, env=dict(os.environ, **(environment or {})))
        child.name = name
        self.children.append(child)
        try:
            wait_for_port(port, child, seconds=30)
        except Failure:
            self.stop(child)
            raise Failure("bench: %s did not start: %s" % (name, self.log_end(name)))
        return child

    def stop(self, child):
        """Ends it, and the workers of its process group; the exit code."""
        if child not in self.children:
            return child.returncode
        self.children.remove(child)
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return child.wait()

    def log_end(self, name):
        with open("%s/%s.log" % (self.folder, name), errors="replace") as file:
            return " | ".join(file.read().splitlines()[-5:])

    # Files

    def write(self, name, text, mode=0o600):
        path = "%s/%s" % (self.folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
            file.write(text)
        return path

    def fill(self, name, **values):
        """A peer's configuration with its gaps filled, as a file."""
        with open(os.path.join(PEERS, name)) as file:
            text = file.read()
        temporary = "".join(
            "%s_temp_path %s/temp;" % (kind, self.folder)
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        values.update(FOLDER=self.folder, NAME=name, TEMPORARY=temporary, HERE=PEERS, UPSTREAM=str(self.upstream_port),
                      SECRET=self.secret)
        return self.write(name, re.sub(r"\{\{(\w+)\}\}", lambda gap: values[gap.group(1)], text))

    # Deliveries

    def signed(self, body, age=0, secret=None):
        timestamp = str(int(time.time()) - age)
        key = (secret or self.secret).encode()
        mac = hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256)
        return {"mor-timestamp": timestamp, "mor-signature": mac.hexdigest()}

    def requests(self, body_bytes, more=(), path=PATH, secret=None):
        """A folder of requests that are signed now, as they go over the wire."""
        folder = self.folder + "/requests"
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        for index in range(16 if body_bytes <= 16384 else 4):
            body = json_body(body_bytes, index)
            lines = ["POST %s HTTP/1.1" % path, "Host: 127.0.0.1", "User-Agent: bench/1",
                     "Content-Type: application/json", "Content-Length: %d" % len(body)]
            lines += ["%s: %s" % pair for pair in self.signed(body, secret=secret).items()]
            head = "\r\n".join(lines + list(more)) + "\r\n\r\n"
            # A rename, because the load may be reading them.
            with open(folder + "/.next", "wb") as file:
                file.write(head.encode() + body)
            os.rename(folder + "/.next", "%s/request-%d" % (folder, index))
        return folder

    def upstream_count(self):
        """How many requests the upstream was sent, but for those of this function."""
        self.counts += 1
        url = "http://127.0.0.1:%d/count" % self.upstream_port
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(re.search(r"^ \d+ \d+ (\d+)", answer.read().decode(), re.M).group(1)) - self.counts


def nginx(config):
    return ["nginx", "-p", os.path.dirname(config), "-c", config, "-e", "stderr"]


def json_body(size, index):
    """So many bytes of JSON, another one for each index."""
    head = b'{"event":"payment.completed","data":{"reference":"%d","narration":"' % index
    if size < len(head) + 3:
        return b"x" * size
    return head + b"x" * (size - len(head) - 3) + b'"}}'


def run(command, seconds, environment=None):
    """What a program prints; a Failure that says why where it fails or takes longer than that."""
    name = os.path.basename(command[PIN_WORDS] if command[0] == "setpriv" else command[0])
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=seconds, env=dict(os.environ, **(environment or {})))
    except subprocess.TimeoutExpired:
        raise Failure("bench: %s did not end within %d s" % (name, seconds))
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-400:]
        raise Failure("bench: %s ended with %d: %s" % (name, done.returncode, said))
    return done.stdout
