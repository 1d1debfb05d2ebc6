"""An app that speaks HTTP by hand, as some do: what no server of Debian's says, but libcurl understood.

bare.py PORT KEEP-ALIVE-SECONDS [CERTIFICATE KEY]
"""
import hmac
import os
import socket
import ssl
import sys
import threading

SCRIPTS = {
    "bare": b"HTTP/1.1 204\r\nContent-Length: 0\r\n\r\n",
    # Both name a length that is not sent.
    "unchanged": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 512\r\nETag: \"same\"\r\n\r\n",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ninterim",
    "trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    b"10000\r\n" + b"%015d\n" % 0 * 4096 + b"\r\n0\r\nX-Sum: done\r\nX-Sum: twice\r\n\r\n",
    "padded": b"HTTP/1.1 200 OK\nTransfer-Encoding:   chunked\nX-Long: a\n\tfolded line\n\n"
    b"0000003  \r\npad\r\n00003;name=\"value\"\r\nded\r\n000  \r\n\r\n",
}


def blocks(count):
    return b"".join(b"%015d\n" % number * 4096 for number in range(count))


class Connection:
    def __init__(self, peer, address):
        self.peer, self.port, self.unread = peer, address[1], b""

    def more(self):
        part = self.peer.recv(65536)
        if not part:
            raise EOFError
        self.unread += part

    def head(self):
        while b"\r\n\r\n" not in self.unread:
            self.more()
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        lines = head.decode("latin1").split("\r\n")
        self.method, self.name = lines[0].split(" ")[0], lines[0].split(" ")[1].split("/")[-1]
        self.fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)

    def early(self):
        self.peer.sendall(b"HTTP/1.1 %s Early\r\nContent-Length: 5\r\n\r\nearly" % self.name[5:].encode())
        # Ends it at once, with what it has not read: the kernel sends a reset behind the answer.
        raise EOFError

    def body(self):
        length = int(self.fields.get("content-length", "0"))
        parts, have = [self.unread], len(self.unread)
        while have < length:
            parts.append(self.peer.recv(1 << 20))
            if not parts[-1]:
                raise EOFError
            have += len(parts[-1])
        whole = b"".join(parts)
        self.unread = whole[length:]
        return whole[:length]

    def digest(self, body):
        line = "%s %d" % (hmac.new(b"witness", body, "sha256").hexdigest(), len(body))
        with open(os.environ["WITNESS_FILE"], "ab", 0) as file:
            file.write(("%s %s\n" % (self.fields.get("x-witness", "-"), line)).encode())
        if self.name == "dying":
            raise EOFError
        text = ("%s %d" % (line, self.port)).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text)
        return head + (b"" if self.method == "HEAD" else text)

    def serve(self, seconds):
        while True:
            self.peer.settimeout(seconds)
            self.head()
            self.peer.settimeout(60)
            if self.name.startswith("early"):
                self.early()
            body = self.body()
            if self.name == "closing":
                self.peer.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + blocks(16))
                if context:
                    self.peer.unwrap()
                return
            if self.name == "chunked":
                self.peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for number in range(16):
                    self.peer.sendall(b"10000\r\n" + b"%015d\n" % number * 4096 + b"\r\n")
                self.peer.sendall(b"0\r\n\r\n")
                continue
            self.peer.sendall(SCRIPTS.get(self.name) or self.digest(body))


def serve(peer, address, seconds):
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with context.wrap_socket(peer, server_side=True) if context else peer as peer:
            Connection(peer, address).serve(seconds)
    except (EOFError, OSError):
        pass


context = None
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[3:5])
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
while True:
    threading.Thread(target=serve, args=(*listener.accept(), float(sys.argv[2])), daemon=True).start()
