"""A verifying reverse proxy of aiohttp: gateway.py PORT UPSTREAM SECRET-FILE."""
import hashlib
import hmac
import re
import sys
import time

import aiohttp
from aiohttp import web

PORT, UPSTREAM = int(sys.argv[1]), "http://127.0.0.1:" + sys.argv[2]
with open(sys.argv[3], "rb") as file:
    KEY = file.read().strip()
TOLERANCE_SECONDS = 300
TIMESTAMP = re.compile("[0-9]{1,15}")
HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "host"}


def verifies(headers, body):
    timestamps, signatures = headers.getall("mor-timestamp", ()), headers.getall("mor-signature", ())
    if len(timestamps) != 1 or len(signatures) != 1 or not TIMESTAMP.fullmatch(timestamps[0]):
        return False
    if abs(time.time() - int(timestamps[0])) > TOLERANCE_SECONDS:
        return False
    signed = hmac.new(KEY, timestamps[0].encode() + b".", hashlib.sha256)
    signed.update(body)
    return hmac.compare_digest(signed.hexdigest().encode(), signatures[0].encode())


async def handle(request):
    body = await request.read()
    if not verifies(request.headers, body):
        return web.Response(status=401)
    headers = [(name, value) for name, value in request.headers.items()
               if name.lower() not in HOP_BY_HOP and name.lower() != "x-verified"]
    headers.append(("X-Verified", "true"))
    async with request.app["session"].request(
            request.method, UPSTREAM + request.raw_path, headers=headers, data=body) as answer:
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP]
        return web.Response(status=answer.status, headers=kept, body=await answer.read())


async def session(app):
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as app["session"]:
        yield


app = web.Application(client_max_size=1 << 20)
app.cleanup_ctx.append(session)
app.router.add_route("*", "/{path:.*}", handle)
web.run_app(app, host="127.0.0.1", port=PORT, access_log=None, print=None, backlog=4096)
