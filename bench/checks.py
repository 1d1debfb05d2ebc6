"""Whether a target does the work at all: it is looked at before it is measured."""
import http.client
import os

from rig import PATH, Failure
from stage import json_body

BINARY = bytes(range(1, 256)) * 64


def check(stage, target):
    """What the target cannot, as words that follow its name; a Failure where the comparison needs it."""
    found = []
    for words, is_needed, test in TESTS:
        try:
            is_true = test(stage, target)
        except (OSError, http.client.HTTPException):
            is_true = False
        if is_needed and not is_true:
            raise Failure("it " + words)
        if not is_true:
            found.append(words)
    return found


def post(target, body, headers):
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
    try:
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def is_refused(stage, target, body, headers):
    before = stage.upstream_count()
    status, _, _ = post(target, body, dict(headers, **{"X-Verified": "true"}))
    return status == 401 and stage.upstream_count() == before


def is_relayed(stage, target, body):
    headers = dict(stage.signed(body), **{"bench-echo": "1", "x-verified": "the sender's"})
    status, echo, seen = post(target, body, headers)
    return status == 200 and echo == body and seen.get_all("seen-verified") == ["true"]


def forged(stage, target):
    return is_refused(stage, target, b'{"amount": 9999}', stage.signed(b'{"amount": 3.10}'))


def unsigned(stage, target):
    return is_refused(stage, target, b"{}", {})


def stale(stage, target):
    return is_refused(stage, target, b"{}", stage.signed(b"{}", age=400))


def relays(make):
    return lambda stage, target: is_relayed(stage, target, make())


TESTS = [
    ("does not refuse a forged body with 401, or lets something of it through", True, forged),
    ("does not refuse a missing signature with 401, or lets something of it through", True, unsigned),
    ("does not refuse a timestamp of 400 s ago with 401, or lets something of it through", True, stale),
    ("does not relay 1 KiB of text bit for bit and with our X-Verified alone", True,
     relays(lambda: json_body(1024, 0))),
    ("does not relay 1 MiB of text bit for bit", True, relays(lambda: json_body(1 << 20, 0))),
    ("does not relay binary bodies", False, relays(lambda: BINARY)),
    ("does not relay bodies with NUL bytes", False, relays(lambda: b"\0" + BINARY + b"\0")),
    ("does not relay 1 MiB of random bytes", False, relays(lambda: os.urandom(1 << 20))),
    ("does not relay an empty body", False, relays(lambda: b"")),
]
