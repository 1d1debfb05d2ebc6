"""A provider's API that makes a new secret at each call, as Vesicash's does."""
import http.server
import json
import threading

API_PORT = 8100


class Provider:
    KEY = "the-api-key-5c3a"

    def __init__(self):
        self.calls = 0
        self.secret = None
        # Another answer than a new secret.
        self.status = 200
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, answer = provider.answer(self.path, self.headers.get("secret-key"))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", API_PORT), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, key):
        self.calls += 1
        if path != "/v1/account/generate-webhook-secret" or key != self.KEY:
            return 401, {"status": "error", "message": "no such key"}
        if self.status != 200:
            return self.status, {"status": "error", "message": "not now"}
        self.secret = "secret-number-%d-of-the-provider" % self.calls
        return 200, {"status": "success", "code": 200, "data": {"webhook_secret": self.secret}}

    def rotation(self, key_file):
        """Lines of the route that is rotated here."""
        return "rotation:\n  api: http://127.0.0.1:%d\n  api-key-file: %s" % (API_PORT, key_file)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
