"""Whether a target does the work at all: it is looked at before it is measured."""
import http.client
import os

from rig import PATH, Failure
from stage import json_body

BINARY = bytes(range(1, 256)) * 64


def check(stage, target):
    """Pairs of sentence and truth. The first ones every target has to keep; see `must`."""
    found = []
    for sentence, is_needed, test in TESTS:
        try:
            is_true = test(stage, target)
        except (OSError, http.client.HTTPException):
            is_true = False
        if is_needed and not is_true:
            raise Failure("it does not do the work: not so: %s" % sentence)
        found.append((sentence, is_true))
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
    ("a forged body gets 401 and nothing goes upstream", True, forged),
    ("a missing signature gets 401 and nothing goes upstream", True, unsigned),
    ("a timestamp of 400 s ago gets 401 and nothing goes upstream", True, stale),
    ("1 KiB of text arrives and returns bit for bit, with our X-Verified alone", True, relays(lambda: json_body(1024, 0))),
    ("1 MiB of text does", True, relays(lambda: json_body(1 << 20, 0))),
    ("16 KiB with every byte but NUL do", False, relays(lambda: BINARY)),
    ("16 KiB with NUL bytes do", False, relays(lambda: b"\0" + BINARY + b"\0")),
    ("1 MiB of random bytes does", False, relays(lambda: os.urandom(1 << 20))),
    ("an empty body does", False, relays(lambda: b"")),
]
