#!/usr/bin/env python3
"""An application that knows nothing of webhooks' signatures: it believes X-Verified.

Each request that reaches it becomes one line of JSON on standard output.

    demo-app.py [PORT]    listens on 127.0.0.1, port 8000 if none is given; 0 takes any free one
"""
import hashlib
import http.server
import json
import sys


class App(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "demo-app"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        report({
            "method": self.command,
            "path": self.path,
            "x_verified": self.headers.get_all("X-Verified", []),
            "x_forwarded_for": self.headers.get_all("X-Forwarded-For", []),
            "x_forwarded_proto": self.headers.get_all("X-Forwarded-Proto", []),
            "x_forwarded_host": self.headers.get_all("X-Forwarded-Host", []),
            "names": sorted({name.lower() for name in self.headers}),
            "forwarded": self.headers.get_all("Forwarded", []),
            "body_bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        })
        answer = b'{"received": true}\n'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def report(facts):
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), App)
    server.daemon_threads = True
    report({"listening": "127.0.0.1:%d" % server.server_address[1]})
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
