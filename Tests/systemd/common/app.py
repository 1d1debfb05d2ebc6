"""An application that believes X-Verified: it answers 200 and keeps what it saw."""
import asyncio
import collections
import os
import re
import threading

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{\"received\": true}"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
NUMBER = re.compile(rb'"n": ?"([^"]+)"')


class App:
    """Listens on a TCP port, or on a unix socket; with `tls`, an ssl.SSLContext, it speaks https."""

    def __init__(self, port=8000, path=None, tls=None):
        self.heads = collections.deque(maxlen=100)
        self.bodies = collections.deque(maxlen=100)
        self.count = 0
        self.unverified = 0
        # How often each numbered body has arrived.
        self.numbers = collections.Counter()
        self.loop = asyncio.new_event_loop()
        if path:
            starting = self.loop.create_unix_server(lambda: Conversation(self), path, backlog=1024)
        else:
            starting = self.loop.create_server(
                lambda: Conversation(self), "127.0.0.1", port, ssl=tls, backlog=1024)
        self.server = self.loop.run_until_complete(starting)
        if path:
            os.chmod(path, 0o666)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def take(self, head, body):
        self.count += 1
        self.heads.append(head.decode("latin-1"))
        self.bodies.append(body)
        if re.findall(rb"\r\nx-verified: ([^\r]*)", head, re.I) != [b"true"]:
            self.unverified += 1
        number = NUMBER.search(body)
        if number:
            self.numbers[number.group(1).decode()] += 1

    @property
    def twice(self):
        return sum(1 for times in self.numbers.values() if times > 1)

    def forget(self):
        self.count, self.unverified = 0, 0
        self.numbers.clear()

    def close(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


class Conversation(asyncio.Protocol):
    def __init__(self, app):
        self.app = app
        self.bytes = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.bytes += data
        while (end := self.bytes.find(b"\r\n\r\n")) >= 0:
            head = self.bytes[:end]
            length = LENGTH.search(head)
            whole = end + 4 + (int(length.group(1)) if length else 0)
            if len(self.bytes) < whole:
                return
            self.app.take(head, self.bytes[end + 4:whole])
            self.bytes = self.bytes[whole:]
            self.transport.write(ANSWER)
