#!/usr/bin/env python3
"""Sends signed deliveries at a steady rate on connections that stay open, and counts what became of each.

The secrets come through standard input, one a line; the deliveries are signed with each of them in turn.
A connection is left when an answer says `Connection: close`, or when the other side has closed it before
anything was sent on it. Whatever else goes wrong is a failure: nothing is sent a second time.
"""
import argparse
import collections
import hashlib
import hmac
import json
import select
import signal
import socket
import sys
import threading
import time

PATH = "/webhooks/vesicash"
PADDING = "x" * 400


class Load:
    def __init__(self, options, secrets):
        self.options = options
        self.secrets = secrets
        self.lock = threading.Lock()
        self.next = 0
        self.accepted = 0
        self.failures = collections.Counter()
        self.slowest = 0.0
        self.reconnections = 0
        self.is_ending = threading.Event()
        self.has_begun = threading.Event()
        self.began = time.monotonic()

    def turn(self):
        """The number of the next delivery, and when it is due; None at the end."""
        with self.lock:
            if self.is_ending.is_set() or (self.options.count and self.next >= self.options.count):
                return None
            number = self.next
            self.next += 1
        return number, self.began + (number / self.options.rate if self.options.rate else 0)

    def account(self, failure, seconds):
        with self.lock:
            self.slowest = max(self.slowest, seconds)
            if failure:
                self.failures[failure] += 1
            else:
                self.accepted += 1
        self.has_begun.set()

    def request(self, number):
        body = b'{"n": "%d", "padding": "%s"}' % (number, PADDING.encode())
        timestamp = str(int(time.time())).encode()
        secret = self.secrets[number % len(self.secrets)]
        digest = hmac.new(secret, timestamp + b"." + body, hashlib.sha256).hexdigest().encode()
        return (b"POST %s HTTP/1.1\r\nHost: hooks.test\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\nmor-timestamp: %s\r\nmor-signature: %s\r\n\r\n%s") % (
                    PATH.encode(), len(body), timestamp, digest, body)

    def run_connection(self):
        connection = Connection(self.options.port)
        while (turn := self.turn()) is not None:
            number, due = turn
            time.sleep(max(due - time.monotonic(), 0))
            start = time.monotonic()
            try:
                status = connection.exchange(self.request(number))
                failure = None if status == 200 else "status %d" % status
            except OSError as error:
                failure = "%s while %s" % (type(error).__name__, connection.doing)
                connection.leave()
            self.account(failure, time.monotonic() - start)
        with self.lock:
            self.reconnections += connection.opened - 1
        connection.leave()

    def facts(self):
        return {
            "sent": self.accepted + sum(self.failures.values()), "accepted": self.accepted,
            "failures": self.failures, "reconnections": self.reconnections,
            "seconds": time.monotonic() - self.began, "slowest_ms": self.slowest * 1000,
        }


class Connection:
    def __init__(self, port):
        self.port = port
        self.socket = None
        self.opened = 0
        self.doing = ""

    def exchange(self, request):
        if self.socket is None or self.is_closed():
            self.leave()
            self.doing = "connecting"
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.opened += 1
        self.doing = "sending"
        self.socket.sendall(request)
        self.doing = "waiting for the answer"
        return self.answer()

    def is_closed(self):
        """Whether the other side has closed, while nothing was under way."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def answer(self):
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self.more()
        head = received[:end].decode("latin-1").lower()
        length = int(head.split("\r\ncontent-length:", 1)[1].split("\r\n", 1)[0])
        while len(received) < end + 4 + length:
            received += self.more()
        if "\r\nconnection: close" in head:
            self.leave()
        return int(head.split(" ", 2)[1])

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed")
        return data

    def leave(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--count", type=int, default=0)
    options = parser.parse_args()
    load = Load(options, [line.encode() for line in sys.stdin.read().split()])
    signal.signal(signal.SIGTERM, lambda *_: load.is_ending.set())
    threads = [threading.Thread(target=load.run_connection) for _ in range(options.connections)]
    for thread in threads:
        thread.start()
    load.has_begun.wait(60)
    print("begun", flush=True)
    for thread in threads:
        thread.join()
    print(json.dumps(load.facts()))


if __name__ == "__main__":
    main()
