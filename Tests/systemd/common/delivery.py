"""One delivery, signed without any of vesigate's code, and its answer."""
import hashlib
import hmac
import http.client
import time

from common.service import FIRST, PATH, PORT


def headers(body, secret=FIRST, in_milliseconds=False):
    timestamp = str(int(time.time() * (1000 if in_milliseconds else 1)))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "mor-timestamp": timestamp, "mor-signature": digest}


class Answer:
    def __init__(self, status, text):
        self.status, self.text = status, text

    def __str__(self):
        return "%s %s" % (self.status, self.text.strip())


def deliver(body=b'{"event":"payment.completed"}', secret=FIRST, port=PORT, path=PATH, extra=None, seconds_max=60,
            in_milliseconds=False):
    """Sends one delivery on a connection of its own; status 0 where there was no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds_max)
    try:
        connection.request("POST", path, body, dict(headers(body, secret, in_milliseconds), **(extra or {})))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, repr(error))
    finally:
        connection.close()
