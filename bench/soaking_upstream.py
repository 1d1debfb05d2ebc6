#!/usr/bin/env python3
"""soaking_upstream.py PORT RECORD: writes down every delivery's name, then answers as the name's kind says."""
import os
import socket
import struct
import sys
import threading
import time

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RECORD = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def serve(connection):
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                part = connection.recv(65536)
                if not part:
                    return
                data += part
            head, _, body = data.partition(b"\r\n\r\n")
            length = int(next(
                line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")).split(b":")[1])
            while len(body) < length:
                part = connection.recv(262144)
                if not part:
                    return
                body += part
            data = body[length:]
            name = body[:length].split(b" ")[0]
            # Before the answer, in one write: what is answered is recorded, whenever this is killed.
            os.write(RECORD, name + b"\n")
            if not answer(connection, name.split(b"-")[0]):
                return


def answer(connection, kind):
    """False when the connection ends with it."""
    if kind == b"reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    if kind == b"garbage":
        connection.sendall(b"what is this?\r\n\r\n")
        return False
    if kind == b"cutoff":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")
        return False
    if kind == b"stall":
        time.sleep(5)
        return False
    connection.sendall(OK)
    return True


def quietly(connection):
    try:
        serve(connection)
    except OSError:
        pass


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=quietly, args=(connection,), daemon=True).start()


main()
