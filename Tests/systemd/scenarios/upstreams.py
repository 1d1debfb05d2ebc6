"""Forwarding under all the hardening: by names, to https, to a unix socket."""
import os
import shutil
import socket
import ssl
import struct
import threading

from common import delivery, service
from common.shell import must

NAME = "app.example"
FOLDER = "/run/vesigate-ca"
CA_FILE = "/etc/vesigate/app-ca.pem"
TRUSTED = "/usr/local/share/ca-certificates/app.crt"


class NameServer:
    """Answers every question for an A record with 127.0.0.1, others with nothing."""

    def __init__(self):
        self.asked = set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.53", 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                question, sender = self.socket.recvfrom(512)
            except OSError:
                return
            self.socket.sendto(self.answer(question), sender)

    def answer(self, question):
        end = question.index(0, 12)
        labels = question[12:end]
        kind = struct.unpack(">H", question[end + 1:end + 3])[0]
        self.asked.add(labels[1:].replace(b"\x07", b".").decode("latin-1"))
        records = 1 if kind == 1 else 0
        head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, records, 0, 0)
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 5, 4) + bytes([127, 0, 0, 1])
        return head + question[12:end + 5] + (answer if records else b"")

    def close(self):
        self.socket.close()


def scenario(report, world):
    try:
        by_hosts_file(report, world)
        by_name_server(report, world)
        by_https(report, world)
        by_unix_socket(report, world)
    finally:
        for path in (CA_FILE, TRUSTED):
            if os.path.exists(path):
                os.remove(path)
        must("update-ca-certificates", "--fresh")


def reaches(report, what, url, app, route=""):
    service.start(service.configuration(upstream=url, route=route))
    before = app.count
    answer = delivery.deliver()
    report.check("deliveries reach the app %s" % what, answer.status == 200 and app.count == before + 1 and
                 app.unverified == 0, "%s by %s" % (answer, url))


def by_hosts_file(report, world):
    app = world.app(port=8001)
    with open("/etc/hosts", "a") as file:
        file.write("127.0.0.1 in-hosts.example\n")
    reaches(report, "by a name of /etc/hosts", "http://in-hosts.example:8001/", app)


def by_name_server(report, world):
    app = world.app(port=8002)
    names = world.keep(NameServer())
    service.write("/etc/resolv.conf", "nameserver 127.0.0.53\n")
    reaches(report, "by a name that a name server knows", "http://%s:8002/" % NAME, app)
    report.check("the name server was asked", any("app" in name for name in names.asked), names.asked)
    # From here on without: /etc/hosts knows it too.
    with open("/etc/hosts", "a") as file:
        file.write("127.0.0.1 %s\n" % NAME)


def make_certificates():
    os.makedirs(FOLDER, mode=0o700, exist_ok=True)
    days = ("-days", "2", "-nodes", "-newkey", "rsa:2048")
    must("openssl", "req", "-x509", *days, "-subj", "/CN=private CA", "-keyout", FOLDER + "/ca.key",
         "-out", FOLDER + "/ca.pem")
    must("openssl", "req", "-x509", *days, "-subj", "/CN=" + NAME, "-addext", "subjectAltName=DNS:" + NAME,
         "-addext", "basicConstraints=critical,CA:FALSE", "-CA", FOLDER + "/ca.pem", "-CAkey", FOLDER + "/ca.key",
         "-keyout", FOLDER + "/app.key", "-out", FOLDER + "/app.pem")


def by_https(report, world):
    make_certificates()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(FOLDER + "/app.pem", FOLDER + "/app.key")
    app = world.app(port=8443, tls=context)
    url = "https://%s:8443/" % NAME
    service.start(service.configuration(upstream=url))
    answer = delivery.deliver()
    report.check("an app whose certificate nobody vouches for gets nothing", answer.status == 502 and app.count == 0,
                 answer)
    shutil.copy(FOLDER + "/ca.pem", CA_FILE)
    os.chmod(CA_FILE, 0o644)
    reaches(report, "by https, with its CA by ca-file", '{url: "%s", ca-file: %s}' % (url, CA_FILE), app)
    shutil.copy(FOLDER + "/ca.pem", TRUSTED)
    must("update-ca-certificates")
    reaches(report, "by https, with its CA among the system's", url, app)


def by_unix_socket(report, world):
    must("groupadd", "--system", "--force", "app")
    os.makedirs("/run/app", exist_ok=True)
    path = "/run/app/socket"
    app = world.app(path=path)
    shutil.chown(path, group="app")
    os.chmod(path, 0o660)
    service.drop_in("vesigate.service", "app", "[Service]\nSupplementaryGroups=app\n")
    reaches(report, "by a unix socket that is its group's", "unix:%s:/vesicash" % path, app)
