"""vesigate.service and its files, as an operator handles them."""
import os
import shutil
import time

from common.shell import eventually, must, run

CONFIGURATION = "/etc/vesigate/vesigate.yaml"
SECRET_FILE = "/etc/vesigate/secrets/vesicash"
DROP_INS = "/run/systemd/system/%s.d"
PORT = 8480
PATH = "/webhooks/vesicash"
FIRST = "the-first-secret-0123456789abcdef"
SECOND = "the-second-secret-fedcba9876543210"


def systemctl(*arguments, **options):
    return run("systemctl", *arguments, **options)


def show(unit, name):
    return run("systemctl", "show", "--value", "-p", name, unit).out.strip()


def state(unit="vesigate"):
    return show(unit, "ActiveState")


def pid(unit="vesigate"):
    return int(show(unit, "MainPID") or 0)


def status_text(unit="vesigate"):
    return show(unit, "StatusText")


def configuration(upstream="http://127.0.0.1:8000/vesicash", listen="127.0.0.1:%d" % PORT, route="", rest=""):
    """A configuration of one route; `route` is further lines of it, `rest` further lines at the top level."""
    lines = ["listen: %s" % listen] + rest.splitlines()
    lines += ["routes:", "  - path: " + PATH]
    if "secret-file:" not in route:
        lines.append("    secret-file: " + SECRET_FILE)
    lines.append("    upstreams: [%s]" % upstream)
    lines += ["    " + line for line in route.splitlines()]
    return "\n".join(lines) + "\n"


def write(path, text, mode=0o644, group=None):
    """Replaces a file as a whole, so that nobody reads half of it."""
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    os.chmod(path + ".new", mode)
    if group:
        shutil.chown(path + ".new", group=group)
    os.rename(path + ".new", path)


def write_configuration(text):
    write(CONFIGURATION, text)


def write_secrets(*secrets):
    write(SECRET_FILE, "".join(secret + "\n" for secret in secrets), mode=0o640, group="vesigate")


def drop_in(unit, name, text):
    """Adds settings to a unit until the next boot, or until `remove_drop_ins`."""
    folder = DROP_INS % unit
    os.makedirs(folder, exist_ok=True)
    write("%s/%s.conf" % (folder, name), text)
    must("systemctl", "daemon-reload")


def remove_drop_ins():
    found = False
    for unit in ("vesigate.service", "vesigate.socket"):
        if os.path.isdir(DROP_INS % unit):
            shutil.rmtree(DROP_INS % unit)
            found = True
    if found:
        must("systemctl", "daemon-reload")


def stop():
    systemctl("stop", "vesigate.socket", "vesigate.service")
    # Many starts in a row are a test's way, not a fault.
    systemctl("reset-failed", "vesigate.socket", "vesigate.service")


def start(text=None, secrets=(FIRST,)):
    """Starts it anew; raises with what the journal says where it does not become ready."""
    stop()
    if text is not None:
        write_configuration(text)
    if secrets:
        write_secrets(*secrets)
    started = systemctl("start", "vesigate")
    if started.code != 0:
        raise RuntimeError("vesigate does not start: %s\n%s" % (
            started, run("journalctl", "-u", "vesigate", "-n", "15", "--no-pager", "-o", "cat").out))


def is_back(old_pid, seconds_max=60):
    """Whether another process serves; its pid."""
    return eventually(lambda: state() == "active" and pid() not in (0, old_pid) and pid(), seconds_max)


def journal(*arguments, since=None, unit="vesigate", output="cat"):
    run("journalctl", "--sync")
    began = ["--since", since] if since else []
    return run("journalctl", "--no-pager", "-u", unit, "-o", output, *began, *arguments).out


def now():
    """This moment, as journalctl takes it. A cursor will not do: journalctl 252 leaves out the first entry behind
    one, where the cursor's own entry is of another unit than -u says."""
    return "@%.6f" % time.time()
