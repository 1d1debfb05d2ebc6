"""The built vesigate with a configuration of the tests' own, apps behind it, and what senders do to it."""
import hashlib
import hmac
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

from common.shell import eventually, must, run
from loopback import Handler, Server

PAYMENTS, LEDGER, ORDERS = "/webhooks/payments", "/webhooks/ledger", "/webhooks/orders"
SECRETS = {PAYMENTS: "payments-secret-0123456789abcdef", LEDGER: "ledger-secret-0123456789abcdef00",
           ORDERS: "orders-secret-0123456789abcdef00"}
CONFIGURATION = """\
listen: 127.0.0.1:%(port)d
control: %(folder)s/control.sock
admin: none
workers: 1
inspector:
  listen: %(listen)s
%(inspector)s
store:
  sqlite: %(folder)s/store/queue.db
  seal-key-file: %(folder)s/store/seal.key
routes:
  - path: /webhooks/payments
    secret-file: %(folder)s/payments
    upstreams: [http://127.0.0.1:%(app)d/payments]
    durable: true
    quarantine: {hours: 24, release: manual}
    test: true
  - path: /webhooks/ledger
    secret-file: %(folder)s/ledger
    upstreams: [http://127.0.0.1:%(app)d/ledger, http://127.0.0.1:%(dead)d/ledger]
    deliver: all
    durable: true
  - path: /webhooks/orders
    secret-file: %(folder)s/orders
    signature: github
    upstreams: [http://127.0.0.1:%(app)d/orders]
    inspect: {bodies: true}
    test: true
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class App(Server):
    """Answers 200, or what it was told to for a path; keeps what came."""

    def __init__(self):
        self.answers, self.seen, self.pause = {}, [], 0
        app = self

        class Webhook(Handler):
            protocol_version = "HTTP/1.1"
            # The answer leaves in one piece.
            wbufsize = -1

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                app.seen.append((self.path, self.headers, body))
                time.sleep(app.pause)
                status, answer = app.answers.get(self.path, (200, {"received": True}))
                self.answer(status, "application/json", json.dumps(answer).encode())
                self.wfile.flush()

        super().__init__(Webhook)

    def count(self, path):
        return sum(1 for one, _, _ in self.seen if one == path)


class Gateway:
    """One vesigate. `listen` of its inspector; `inspector` are further lines of that section."""

    def __init__(self, binary, app, listen="socket", inspector=""):
        self.binary, self.app = binary, app
        self.folder = tempfile.mkdtemp(prefix="vesigate-inspector.")
        self.socket = self.folder + "/inspector.sock"
        self.port, self.relay, self.process = free_port(), None, None
        os.mkdir(self.folder + "/store", 0o700)
        for route, secret in SECRETS.items():
            self.write(route.split("/")[-1], secret + "\n", 0o600)
        self.inspector_port = None if listen == "socket" else free_port()
        self.configuration = self.write("vesigate.yaml", CONFIGURATION % {
            "port": self.port, "folder": self.folder, "app": app.port, "dead": free_port(), "inspector": inspector,
            "listen": "unix:" + self.socket if listen == "socket" else listen % self.inspector_port}, 0o640)
        self.log = open(self.folder + "/log", "w+")

    def write(self, name, text, mode):
        path = os.path.join(self.folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
            file.write(text)
        return path

    def start(self):
        self.process = subprocess.Popen([self.binary, "run", "--config", self.configuration], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        if not eventually(lambda: self.process.poll() is not None or "msg=ready" in self.said(), 20, 0.02) \
                or self.process.poll() is not None:
            raise RuntimeError("vesigate did not start: " + self.said()[-2000:])

    def said(self):
        with open(self.folder + "/log") as file:
            return file.read()

    def command(self, *arguments):
        words = list(arguments)
        # Behind the whole name of the command.
        at = 2 if words[0] in ("queue", "quarantine", "secret") else 1
        return run(self.binary, *words[:at], "--config", self.configuration, *words[at:], seconds_max=20)

    def listed(self, *arguments):
        """An object for each line of `queue list --json` and its like."""
        result = self.command(*arguments, "--json")
        return [json.loads(line) for line in result.out.splitlines() if line.startswith("{")]

    def open_relay(self):
        """As an operator has it on the gateway's own machine; the address for the browser."""
        port = free_port()
        self.relay = subprocess.Popen(
            [self.binary, "inspect", "--config", self.configuration, "--port", str(port)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if not eventually(lambda: reaches(port), 10, 0.05):
            raise RuntimeError("vesigate inspect did not begin: exit code %s" % self.relay.poll())
        return "http://127.0.0.1:%d" % port

    def close(self):
        for process in (self.relay, self.process):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Senders.

    def send(self, route, body, secret=None, extra=(), at=None):
        """One delivery, signed without any of vesigate's code; its answer's status, and what it is called."""
        secret = (secret or SECRETS[route.split("?")[0]]).encode()
        fields = [("Host", "hooks.example"), ("User-Agent", "sender/1.0"), ("Content-Type", "application/json")]
        if route.startswith(ORDERS):
            fields.append(("X-Hub-Signature-256", "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()))
            fields.append(("X-GitHub-Event", "push"))
        else:
            stamp = str(int(at or time.time()))
            fields.append(("mor-timestamp", stamp))
            fields.append(("mor-signature", hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest("POST", route, skip_host=True, skip_accept_encoding=True)
            for name, value in fields + list(extra):
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("X-Delivery-Id")
        finally:
            connection.close()

    # The inspector, without a browser.

    def ask(self, head, body=b"", port=None):
        """Exactly these bytes to the inspector, and its whole answer: status, fields and body."""
        if port or self.inspector_port:
            client = socket.create_connection(("127.0.0.1", port or self.inspector_port), 10)
        else:
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(10)
            client.connect(self.socket)
        with client:
            client.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n" + body)
            answer = http.client.HTTPResponse(client, method=head.split(" ")[0])
            answer.begin()
            return Answer(answer.status, answer.getheaders(), answer.read())

    def get(self, target, fields="", host="localhost", method="GET"):
        return self.ask("%s %s HTTP/1.1\nHost: %s\nConnection: close\n%s" % (method, target, host, fields))

    def post(self, target, body=b"", fields="Sec-Fetch-Site: same-origin\n", host="localhost"):
        return self.ask("POST %s HTTP/1.1\nHost: %s\nConnection: close\n%sContent-Type: application/x-www-form-urlencoded\n"
                        "Content-Length: %d\n" % (target, host, fields, len(body)), body)


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def field(self, name):
        """All values of a field, with a comma between them; None where it is not there."""
        values = [value for one, value in self.fields if one.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def text(self):
        return self.body.decode(errors="replace")

    def __str__(self):
        return "%d, %d bytes: %s" % (self.status, len(self.body), self.text[:160])


def reaches(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def settled(gateway, state, how_many, seconds_max=20):
    """Waits until so many deliveries are in a state."""
    return eventually(lambda: len(gateway.listed("queue", "list", "--state", state)) >= how_many, seconds_max, 0.1)


__all__ = ["App", "Answer", "Gateway", "LEDGER", "ORDERS", "PAYMENTS", "SECRETS", "free_port", "must", "settled"]
