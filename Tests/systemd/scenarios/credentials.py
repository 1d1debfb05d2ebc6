"""Secrets that systemd hands over, by the drop-ins that the package ships as examples."""
import glob
import gzip
import os
import re
import shutil

from common import delivery, service
from common.provider import Provider
from common.shell import must, run

SOURCE = "/etc/vesigate/credentials/vesicash"
INSTANCE = "vesigate-rotate@vesicash.service"
PLACED = ["/etc/systemd/system/vesigate.service.d/credentials.conf",
          "/etc/systemd/system/vesigate-rotate@.service.d/credentials.conf"]


def scenario(report, world):
    world.app()
    try:
        secret(report)
        api_key(report, world)
    finally:
        for path in PLACED:
            shutil.rmtree(os.path.dirname(path), ignore_errors=True)
        for path in (SOURCE, "/etc/vesigate/api-keys/vesicash.encrypted"):
            if os.path.exists(path):
                os.remove(path)
        shutil.rmtree(os.path.dirname(SOURCE), ignore_errors=True)
        must("systemctl", "daemon-reload")


def example(name, place):
    """Puts the shipped example where its own first line says."""
    found = glob.glob("/usr/share/doc/vesigate/examples/%s*" % name)[0]
    with (gzip.open if found.endswith(".gz") else open)(found, "rt") as file:
        text = file.read()
    if not text.startswith("# %s\n" % place):
        raise RuntimeError("%s does not say that it belongs to %s" % (found, place))
    os.makedirs(os.path.dirname(place), exist_ok=True)
    service.write(place, text)
    must("systemctl", "daemon-reload")
    return text


def setting(text, name):
    """What the example says the configuration then has to say."""
    return re.search(r"(?m)^#\s+%s: (\S+)$" % name, text).group(1)


def secret(report):
    service.stop()
    os.makedirs(os.path.dirname(SOURCE), mode=0o700, exist_ok=True)
    service.write(SOURCE, service.SECOND + "\n", mode=0o600)
    text = example("credentials.conf", PLACED[0])
    place = setting(text, "secret-file")
    service.start(service.configuration(route="secret-file: " + place), secrets=())
    answer = delivery.deliver(secret=service.SECOND)
    report.check("a secret that is root's alone comes by LoadCredential=", answer.status == 200,
                 "%s with %s" % (answer, place))
    read = run("setpriv", "--reuid=vesigate", "--regid=vesigate", "--clear-groups", "cat", SOURCE)
    report.check("the service's user could not read it itself", read.code != 0, read)
    service.write(SOURCE, service.FIRST + "\n", mode=0o600)
    reloaded = service.systemctl("reload", "vesigate")
    old = delivery.deliver(secret=service.SECOND)
    report.check("as the example says, a reload does not bring a change", reloaded.code == 0 and old.status == 200, old)
    service.systemctl("restart", "vesigate")
    new = delivery.deliver(secret=service.FIRST)
    report.check("and a restart does", new.status == 200, new)
    os.remove(PLACED[0])
    must("systemctl", "daemon-reload")


def api_key(report, world):
    provider = world.keep(Provider())
    encrypted = run("systemd-creds", "encrypt", "--name=api-key", "-", "/etc/vesigate/api-keys/vesicash.encrypted",
                    stdin=provider.KEY + "\n")
    report.check("systemd-creds encrypts an API key", encrypted.code == 0, encrypted)
    text = example("rotate-credentials.conf", PLACED[1])
    service.start(service.configuration(route=provider.rotation(setting(text, "api-key-file"))))
    rotated = service.systemctl("start", INSTANCE)
    report.check("an encrypted API key comes by LoadCredentialEncrypted=", rotated.code == 0 and provider.calls == 1,
                 "%s; %d calls" % (rotated, provider.calls))
    answer = delivery.deliver(secret=provider.secret)
    report.check("what is signed with the new secret is accepted", answer.status == 200, answer)
