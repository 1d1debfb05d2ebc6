#!/usr/bin/env python3
"""bench/durable_app.py PORT: an app that takes everything and remembers when. GET /arrivals tells each delivery's id and
the monotonic instant, in nanoseconds, at which it was there as a whole."""
import json
import re
import selectors
import socket
import sys
import time

ID = re.compile(rb"\r\nx-delivery-id: *([0-9a-f-]{36})\r\n", re.I)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.I)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def take(unread, arrivals):
    """What is answered to the requests that are there as a whole, and the rest."""
    answers = b""
    while (end := unread.find(b"\r\n\r\n")) >= 0:
        head = unread[:end + 4]
        length = LENGTH.search(head)
        size = end + 4 + (int(length.group(1)) if length else 0)
        if len(unread) < size:
            break
        unread = unread[size:]
        if head.startswith(b"GET /arrivals"):
            text = json.dumps(arrivals).encode()
            answers += b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text
        else:
            if found := ID.search(head):
                arrivals.append([found.group(1).decode(), time.monotonic_ns()])
            answers += OK
    return answers, unread


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
    poller = selectors.DefaultSelector()
    poller.register(listener, selectors.EVENT_READ)
    arrivals, unread = [], {}
    while True:
        for key, _ in poller.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                poller.register(connection, selectors.EVENT_READ)
                unread[connection] = b""
                continue
            connection = key.fileobj
            try:
                data = connection.recv(1 << 20)
            except OSError:
                data = b""
            if not data:
                poller.unregister(connection)
                unread.pop(connection)
                connection.close()
                continue
            answers, unread[connection] = take(unread[connection] + data, arrivals)
            if answers:
                connection.sendall(answers)


if __name__ == "__main__":
    main()
